import Foundation

/// A real Redis on a free port of the loopback interface, which ends with the test that holds it.
public final class RedisServer: Sendable {
    /// Where it listens.
    public let port: Int
    /// The file of the authority that signed its certificate; nil without TLS.
    public let certificateAuthority: String?
    private let password: String?
    private let directory: ServerDirectory
    private let process: ServerProcess

    private init(_ arguments: [String], password: String?, tls: Bool) throws {
        port = try FreePort.find()
        self.password = password
        directory = try ServerDirectory()
        var command = [
            "redis-server", "--bind", "127.0.0.1", "--dir", directory.path, "--save", "", "--appendonly", "no",
        ]
        if tls {
            let certificate = try ServerCertificate(in: directory.path)
            certificateAuthority = certificate.authority
            command += ["--port", "0", "--tls-port", "\(port)", "--tls-auth-clients", "no"]
            command += ["--tls-cert-file", certificate.certificate, "--tls-key-file", certificate.key]
            command += ["--tls-ca-cert-file", certificate.authority]
        } else {
            certificateAuthority = nil
            command += ["--port", "\(port)"]
        }
        // The second is for what it says as a replica.
        if let password { command += ["--requirepass", password, "--masterauth", password] }
        process = ServerProcess(command + arguments, in: directory.path)
    }

    /// One for all tests of this process that need nothing special of it. Nothing that it holds is durable.
    public static func shared() async throws -> RedisServer { try await theShared.value }

    private static let theShared = Task { try await start() }

    /// Starts one that keeps nothing on disk unless `arguments` say so, which are those of `redis-server`.
    public static func start(
        _ arguments: [String] = [],
        password: String? = nil,
        tls: Bool = false
    ) async throws -> RedisServer {
        try await Patience.retrying {
            let server = try RedisServer(arguments, password: password, tls: tls)
            try server.restart()
            return server
        }
    }

    /// The URL of a store there.
    public var url: String {
        let scheme = certificateAuthority == nil ? "redis" : "rediss"
        let user = password.map { ":\($0)@" } ?? ""
        return "\(scheme)://\(user)127.0.0.1:\(port)"
    }

    /// Where its files are; removed after its end, however this process ends.
    public var directoryPath: String { directory.path }

    /// 0 when it does not run.
    public var pid: Int32 { process.pid }

    /// Ends it as `kill -9` does.
    public func kill() { process.end(SIGKILL) }

    /// Ends it in an orderly way.
    public func stop() { process.end(SIGTERM) }

    /// Starts it again after ``kill()`` or ``stop()``, with what it has on disk.
    public func restart() throws {
        try process.start { FreePort.isListening(port) && isAnswering }
    }

    private var isAnswering: Bool {
        // Not ready yet is what this finds out, so why does not matter.
        let answer = try? cli("ping")
        return answer?.contains("PONG") ?? false
    }

    /// Stops its every thread until ``resume()``.
    public func pause() { process.pause() }

    /// Goes on after ``pause()``.
    public func resume() { process.signal(SIGCONT) }

    /// What `redis-cli` prints for a command.
    @discardableResult
    public func cli(_ arguments: String...) throws -> String { try cli(arguments) }

    /// What `redis-cli` prints for a command.
    @discardableResult
    public func cli(_ arguments: [String]) throws -> String {
        var command = ["redis-cli", "-h", "127.0.0.1", "-p", "\(port)"]
        if let certificateAuthority { command += ["--tls", "--cacert", certificateAuthority] }
        if let password { command += ["--no-auth-warning", "-a", password] }
        return try Tool.run(command + arguments)
    }
}
