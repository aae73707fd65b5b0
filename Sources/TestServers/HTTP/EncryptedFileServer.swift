import Foundation

/// An HTTPS server on the loopback interface that serves one page, by OpenSSL, with a certificate that only an authority
/// made for it vouches for.
public final class EncryptedFileServer: Sendable {
    /// Where it listens on 127.0.0.1.
    public let port: Int
    /// The file of the authority.
    public let authority: String
    /// What it serves under ``path``.
    public static let page = "{\"answer\":42}"
    /// Where its page is.
    public static let path = "/page.json"

    private let directory: ServerDirectory
    private let process: ServerProcess

    private init() throws {
        directory = try ServerDirectory()
        port = try FreePort.find()
        let certificate = try ServerCertificate(in: directory.path)
        authority = certificate.authority
        let page = directory.path + EncryptedFileServer.path
        try EncryptedFileServer.page.write(toFile: page, atomically: true, encoding: .utf8)
        process = ServerProcess(
            [
                "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate.certificate, "-key",
                certificate.key, "-WWW", "-quiet", "-no_ign_eof",
            ],
            in: directory.path
        )
        let listening = port
        try process.start { FreePort.isListening(listening) }
    }

    /// Starts one.
    public static func start() async throws -> EncryptedFileServer {
        try await Patience.retrying { try EncryptedFileServer() }
    }

    /// Ends it.
    public func stop() { process.end(SIGKILL) }
}
