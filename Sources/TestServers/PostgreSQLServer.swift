import Foundation
import Synchronization

/// A real PostgreSQL on a free port of the loopback interface, which ends with the test that holds it.
///
/// It refuses to run as root, so root starts it as the account `postgres`.
public final class PostgreSQLServer: Sendable {
    /// Where it listens.
    public let port: Int
    private let password: String?
    private let directory: ServerDirectory
    private let process: ServerProcess
    private static let isRoot = getuid() == 0

    private var data: String { directory.path + "/data" }

    private init(_ settings: [String], durable: Bool, password: String?, environment: [String] = []) throws {
        port = try FreePort.find()
        self.password = password
        directory = try ServerDirectory()
        if PostgreSQLServer.isRoot { try Tool.run(["chown", "postgres", directory.path]) }
        var command = ["env"] + environment + [try PostgreSQLServer.program("postgres")]
        command += ["-D", directory.path + "/data", "-p", "\(port)", "-k", directory.path]
        var all = ["listen_addresses=127.0.0.1", "max_connections=200"]
        if !durable { all += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] }
        for setting in all + settings { command += ["-c", setting] }
        process = ServerProcess(command, as: PostgreSQLServer.asServer, in: directory.path)
    }

    /// One for all tests of this process that need nothing special of it. Nothing that it holds is durable.
    public static func shared() async throws -> PostgreSQLServer { try await theShared.value }

    private static let theShared = Task { try await start() }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - settings: of `postgresql.conf`, as `name=value`.
    ///   - durable: whether its commits survive the loss of power.
    ///   - password: of the account `postgres`; nil lets everybody in.
    ///   - environment: of the server, as `NAME=value`, beside our own.
    public static func start(
        _ settings: [String] = [],
        durable: Bool = false,
        password: String? = nil,
        environment: [String] = []
    ) async throws -> PostgreSQLServer {
        try await Patience.retrying {
            let server = try PostgreSQLServer(
                settings,
                durable: durable,
                password: password,
                environment: environment
            )
            try server.initialise()
            try server.restart()
            return server
        }
    }

    /// Makes its files.
    private func initialise() throws {
        var command =
            PostgreSQLServer.asServer + [
                try PostgreSQLServer.program("initdb"), "-D", data, "-U", "postgres", "--no-sync",
            ]
        command += ["--locale=C.UTF-8", "-E", "UTF8"]
        if let password {
            let file = directory.path + "/password"
            try password.write(toFile: file, atomically: false, encoding: .utf8)
            command += ["-A", "scram-sha-256", "--pwfile", file]
        } else {
            command += ["-A", "trust"]
        }
        try Tool.run(command)
    }

    /// Starts a standby that follows this server and takes no writes.
    public func startReplica() async throws -> PostgreSQLServer {
        try await Patience.retrying {
            let replica = try PostgreSQLServer(["hot_standby=on"], durable: false, password: password)
            try Tool.run(
                PostgreSQLServer.asServer + [
                    "env", "PGPASSWORD=\(password ?? "")", try PostgreSQLServer.program("pg_basebackup"),
                    "-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres", "-D", replica.data, "-R", "-X", "stream",
                    "-c", "fast", "--no-sync",
                ]
            )
            try replica.restart()
            return replica
        }
    }

    /// The URL of a database there.
    public func url(of database: String) -> String {
        let user = password.map { "postgres:\($0)" } ?? "postgres"
        return "postgres://\(user)@127.0.0.1:\(port)/\(database)"
    }

    /// Makes an empty database, and gives its URL.
    public func makeDatabase() async throws -> String { url(of: try makeNamedDatabase()) }

    /// Makes an empty database, and gives its name.
    public func makeNamedDatabase() throws -> String {
        let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        try psql("CREATE DATABASE \(name)")
        return name
    }

    /// What `psql` prints for SQL: rows alone, columns apart by `|`.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres") throws -> String {
        try Tool.run([
            "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command",
            sql, url(of: database),
        ])
    }

    /// Where its files are; removed after its end, however this process ends.
    public var directoryPath: String { directory.path }

    /// 0 when it does not run.
    public var pid: Int32 { process.pid }

    /// Ends it as a crash does, all its processes, and returns when they are gone.
    public func kill() {
        let children = children
        process.end(SIGKILL)
        for child in children {
            Foundation.kill(child, SIGKILL)
            // A child of a killed parent goes to process 1, and has let go of everything once it is a zombie there.
            while !["Z", nil].contains(ServerProcess.state("\(child)")) { usleep(1_000) }
        }
    }

    /// Ends it in an orderly way, and cuts its connections.
    public func stop() { process.end(SIGINT) }

    /// Starts it again after ``kill()`` or ``stop()``, with what it has on disk.
    public func restart() throws {
        try process.start { FreePort.isListening(port) && isReady }
    }

    private var isReady: Bool {
        // Not ready yet is what this finds out, so why does not matter.
        (try? Tool.run(["pg_isready", "--quiet", "-h", "127.0.0.1", "-p", "\(port)"])) != nil
    }

    /// Stops all its processes until ``resume()``, and returns when they have stopped.
    public func pause() {
        // The first, which makes the others, before they are looked for.
        process.pause()
        for child in children { ServerProcess.pause(child) }
    }

    /// Lets no file of its running processes, and of those that come, grow beyond so many bytes; nil takes that back.
    ///
    /// To the server it is as if the disk were full.
    public func limitFiles(to bytes: Int?) throws {
        let limit = bytes.map { "\($0)" } ?? "unlimited"
        for process in [pid] + children where process > 0 {
            // Others than the first may end by themselves meanwhile.
            do {
                try Tool.run(PostgreSQLServer.asServer + ["prlimit", "--pid", "\(process)", "--fsize=\(limit):"])
            } catch {
                if ServerProcess.state("\(process)") != nil { throw error }
            }
        }
    }

    /// Goes on after ``pause()``.
    public func resume() { for process in [pid] + children where process > 0 { Foundation.kill(process, SIGCONT) } }

    private var children: [Int32] {
        let path = "/proc/\(pid)/task/\(pid)/children"
        // A server that does not run has no children.
        guard let list = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return list.split(separator: " ").compactMap { Int32($0) }
    }

    /// What makes root run a program as the server's account.
    static var asServer: [String] {
        isRoot ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"] : []
    }

    private static func program(_ name: String) throws -> String {
        let directory = try Tool.run(["pg_config", "--bindir"]).trimmingCharacters(in: .whitespacesAndNewlines)
        return directory + "/" + name
    }
}
