import Foundation

/// A real PgBouncer before a PostgreSQL, on a free port of the loopback interface. It ends with the test that holds it.
public final class PgBouncer: Sendable {
    /// When it lends a connection of the server to another client.
    public enum Mode: String, Sendable {
        case session, transaction, statement
    }

    /// Where it listens.
    public let port: Int
    private let server: PostgreSQLServer
    private let directory: ServerDirectory
    private let process: ServerProcess

    private init(before server: PostgreSQLServer, _ mode: Mode, _ settings: [String]) throws {
        port = try FreePort.find()
        self.server = server
        directory = try ServerDirectory()
        try "\"postgres\" \"\"\n".write(toFile: directory.path + "/users", atomically: false, encoding: .utf8)
        let all =
            [
                "[databases]", "* = host=127.0.0.1 port=\(server.port)", "[pgbouncer]", "listen_addr = 127.0.0.1",
                "listen_port = \(port)", "unix_socket_dir =", "auth_type = trust", "auth_file = users",
                "pool_mode = \(mode.rawValue)",
            ] + settings
        let file = directory.path + "/pgbouncer.ini"
        try (all.joined(separator: "\n") + "\n").write(toFile: file, atomically: false, encoding: .utf8)
        // It refuses to run as root, too.
        process = ServerProcess(["pgbouncer", file], as: PostgreSQLServer.asServer, in: directory.path)
    }

    /// Starts one before a server without a password.
    ///
    /// - Parameter settings: of the section `[pgbouncer]` of its file, as `name = value`.
    public static func start(
        before server: PostgreSQLServer,
        mode: Mode,
        _ settings: [String] = []
    ) async throws -> PgBouncer {
        try await Patience.retrying {
            let pooler = try PgBouncer(before: server, mode, settings)
            try pooler.restart()
            return pooler
        }
    }

    /// The URL of a database through it.
    public func url(of database: String) -> String { "postgres://postgres@127.0.0.1:\(port)/\(database)" }

    /// Makes an empty database, and gives its URL through it.
    public func makeDatabase() throws -> String { url(of: try server.makeNamedDatabase()) }

    /// Ends it as `kill -9` does, and with it all its connections.
    public func kill() { process.end(SIGKILL) }

    /// Starts it again after ``kill()``.
    public func restart() throws { try process.start { FreePort.isListening(port) } }
}
