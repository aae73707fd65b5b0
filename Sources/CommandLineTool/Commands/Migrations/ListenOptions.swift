#if HTTP
import ArgumentParser
import Drivers
import Foundation
import HTTPAPI
import KeyValue
import Logging
import Migration
import Telemetry

/// Where a command that works for long answers over HTTP.
struct ListenOptions: ParsableArguments {
    /// The variable of the environment with tokens, for those that have no file.
    static let variable = "WHEREHOUSE_HTTP_TOKENS"

    @Option(
        help: ArgumentHelp(
            "Answer over HTTP there: a port of this machine alone (0 for any), or an address and a port.",
            valueName: "address"
        ),
        transform: ListenOptions.address
    )
    var listen: ListenAddress?
    @Option(
        help: ArgumentHelp(
            """
            A file with the tokens that are admitted, one a line, each after a name for the audit log or none. Without \
            it they are those of the variable WHEREHOUSE_HTTP_TOKENS.
            """,
            valueName: "path"
        )
    )
    var tokenFile: String?
    @OptionGroup var encryption: EncryptionOptions

    func validate() throws {
        guard tokenFile == nil || listen != nil else { throw ValidationError("--token-file needs --listen.") }
        guard !encryption.isMeant || listen != nil else {
            throw ValidationError("--tls-certificate-file needs --listen.")
        }
    }

    /// Serves the migration from now on, if that was asked for.
    func start(_ stores: MigrationStores, _ context: CommandContext) async throws -> RunningHTTPServer? {
        guard let listen else { return nil }
        let service = MigrationService(
            stores.control,
            stores: stores,
            environment: context.environment,
            milliseconds: WallClock.milliseconds
        )
        let server = HTTPServer(
            [service],
            tokens: try tokens(),
            metrics: MetricsRegistry(),
            logger: ServerLog.logger(isatty(STDERR_FILENO) == 1 ? .warning : .info),
            options: HTTPServer.Options(address: listen, identity: try encryption.identity()),
            environment: context.environment
        )
        return try await RunningHTTPServer.start(server)
    }

    static func address(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw ValidationError("--listen is a port, HOST:PORT or [ADDRESS]:PORT.")
        }
        return address
    }

    private func tokens() throws -> BearerTokens {
        if let tokenFile { return try ListenOptions.tokens(of: tokenFile) }
        guard let text = ProcessInfo.processInfo.environment[ListenOptions.variable] else {
            throw CommandError(
                .usage,
                "A server needs tokens: name a file by --token-file, or set WHEREHOUSE_HTTP_TOKENS."
            )
        }
        return try BearerTokens(text)
    }

    /// The tokens of a file.
    static func tokens(of path: String) throws -> BearerTokens {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(data: data.prefix(1 << 20), encoding: .utf8)
        else { throw CommandError(.failed, "The file of tokens can't be read.", ["path": path]) }
        return try BearerTokens(text)
    }
}

/// Where servers log: standard error, one JSON object a line.
enum ServerLog {
    static func logger(_ level: Logger.Level) -> Logger {
        Logger(label: "wherehouse.http") { label in
            JSONLogHandler(label, level: level, milliseconds: WallClock.milliseconds) { line in
                StandardError.write(String(decoding: line, as: UTF8.self))
            }
        }
    }
}

/// What a server encrypts with.
struct EncryptionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with the server's certificate and those between it and a root, in PEM: it serves HTTPS then.",
            valueName: "path"
        )
    )
    var tlsCertificateFile: String?
    @Option(help: ArgumentHelp("A file with the key of the certificate, in PEM.", valueName: "path"))
    var tlsKeyFile: String?

    var isMeant: Bool { tlsCertificateFile != nil || tlsKeyFile != nil }

    func validate() throws {
        guard (tlsCertificateFile == nil) == (tlsKeyFile == nil) else {
            throw ValidationError("--tls-certificate-file and --tls-key-file go together.")
        }
    }

    /// What the files hold; nil where none are named.
    func identity() throws -> ServerIdentity? {
        guard let tlsCertificateFile, let tlsKeyFile else { return nil }
        do throws(StoreError) {
            return try ServerIdentity(certificateFile: tlsCertificateFile, keyFile: tlsKeyFile)
        } catch {
            throw CommandError(failed: error)
        }
    }
}

extension HTTPServer {
    /// Says on standard error where it listens, and whether others can read what goes to and fro.
    func tell(of address: ListenAddress) {
        if scheme == "http", !address.isLoopback {
            StandardError.write(
                """
                wherehouse: warning: other machines reach this without encryption, so tokens and files can be read on the \
                way: name --tls-certificate-file and --tls-key-file, or listen on 127.0.0.1 behind a proxy that encrypts.\n
                """
            )
        }
        StandardError.write("wherehouse: listening on \(scheme)://\(address)\n")
    }
}

/// A server that runs beside the work of a command.
struct RunningHTTPServer {
    private let serving: Task<StoreError?, Never>

    /// Returns when it listens, and has said where on standard error.
    static func start(_ server: HTTPServer) async throws -> RunningHTTPServer {
        let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
        let serving = Task { () -> StoreError? in
            defer { continuation.finish() }
            do throws(StoreError) {
                try await server.run { address in continuation.yield(address) }
                return nil
            } catch {
                return error
            }
        }
        for await address in addresses {
            server.tell(of: address)
            return RunningHTTPServer(serving: serving)
        }
        serving.cancel()
        throw await serving.value.map { CommandError(failed: $0) } ?? StoreError.cancelled
    }

    func stop() async {
        serving.cancel()
        _ = await serving.value
    }
}
#endif
