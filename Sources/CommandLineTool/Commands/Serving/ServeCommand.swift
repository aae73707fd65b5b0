#if HTTP
import ArgumentParser
import Files
import Foundation
import HTTPAPI
import KeyValue
import Logging
import Migration
import ObjectStorage
import Records
import Synchronization
import Telemetry
import Tuples

struct ServeCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve files over HTTP: their records from a store, their bytes from a folder.",
        discussion: """
            POST /files/upload, list and the other actions take JSON and a token as `Authorization: Bearer`; clients send \
            and fetch bytes below /objects, at the locations that upload and download give. /openapi.json describes all of it. /healthz and \
            /readyz are for everybody, /metrics is for tokens with the right to operate.

            With --store split:?rest=URL&uploads=URL&answers=URL uploads and the answers that are kept for repeated requests \
            lie in stores of their own; each URL may be that of a migration, which then moves one of them alone.

            Tokens are made by wherehouse token issue, and are known and unknown within a second. Ended by ^C or SIGTERM, \
            it answers what was asked before; everything that it has acknowledged is in the store. The log goes to \
            standard error, one JSON object a line.

            Example: wherehouse token issue owner:ann && wherehouse serve --listen 8080
            """
    )

    @Option(help: ArgumentHelp("The URL of the store; without it metadata.db in the data folder.", valueName: "store"))
    var store: String?
    @OptionGroup var data: DataOptions
    @OptionGroup var buckets: BucketOptions
    @Option(
        help: ArgumentHelp(
            "Where to answer: a port of this machine alone (0 for any), or an address and a port.",
            valueName: "address"
        ),
        transform: ListenOptions.address
    )
    var listen = ListenAddress(port: 8_080)
    @Option(
        help: ArgumentHelp(
            "The URL at which clients reach the server, if it is another than where it listens.",
            valueName: "url"
        )
    )
    var publicURL: String?
    @Option(
        help: ArgumentHelp(
            "A file with the tokens that are admitted, instead of those that were issued: one a line after a name.",
            valueName: "path"
        )
    )
    var tokenFile: String?
    @OptionGroup var encryption: EncryptionOptions
    @Option(
        name: .customLong("allow-origin"),
        help: ArgumentHelp(
            "An origin whose pages may ask from browsers, such as https://example.com; several by repeating it.",
            valueName: "origin"
        )
    )
    var allowedOrigins: [String] = []

    func validate() throws {
        guard let publicURL else {
            guard !["0.0.0.0", "::"].contains(listen.host) else {
                throw ValidationError("On all addresses it can't know its own: name it with --public-url.")
            }
            return
        }
        guard let url = URL(string: publicURL), ["http", "https"].contains(url.scheme), url.host() != nil,
            url.query() == nil, url.fragment() == nil
        else { throw ValidationError("--public-url is http:// or https:// with a host, and a path or none.") }
    }

    func run(in context: CommandContext) async throws {
        let options = HTTPServer.Options(
            address: listen,
            identity: try encryption.identity(),
            allowedOrigins: try AllowedOrigins(allowedOrigins)
        )
        let folder = try DataFolder(making: data.data)
        let secret = try await folder.secret(random: context.environment.random)
        try await context.withStore(store ?? folder.storeURL, creating: true, cacheBytesMax: nil) { store in
            try await serve(store, folder, secret, options, context)
        }
    }

    /// Kept apart: the optimiser of Swift 6.3 crashes when it makes one function of calls with closures in each other.
    @inline(never)
    private func serve(
        _ store: any KeyValueStore,
        _ folder: DataFolder,
        _ secret: [UInt8],
        _ options: HTTPServer.Options,
        _ context: CommandContext
    ) async throws {
        // A port of the system's choice is known only when the server listens, before which nobody asks for anything.
        let scheme = encryption.isMeant ? "https" : "http"
        let place = ServedPlace(publicURL ?? "\(scheme)://\(listen)", isFixed: publicURL != nil || listen.port != 0)
        let objects = try directory(folder, secret, place, context)
        let opened = try buckets.open(context.environment)
        // Each part by itself, which may do more than all of a split store together.
        let (uploads, kept) = (try ServicePart.uploads.store(in: store), try ServicePart.answers.store(in: store))
        let files = try await open(uploads, opened.map(\.provider) + [objects], secret, context)
        let answers = KeptAnswers(kept, milliseconds: WallClock.milliseconds)
        let logger = ServerLog.logger(.info)
        let tokens = try await TokenSource(tokenFile, folder, logger)
        var services: [any HTTPService] = [
            FilesHTTPService(files, keeping: answers), ObjectsHTTPService(objects), DescriptionHTTPService(),
        ]
        if let notifications = try buckets.notifications(to: files, at: place.url) { services.append(notifications) }
        let server = HTTPServer(
            services,
            tokens: tokens.verifier,
            metrics: MetricsRegistry(),
            logger: logger,
            options: options,
            environment: context.environment
        )
        let chores = [
            Task { await files.processFinished { logger.error("Processing failed.", metadata: ["error": "\($0)"]) } },
            Task {
                await files.keepLookedAfter(every: .seconds(60)) {
                    logger.error("A round of looking after files ended early.", metadata: ["error": "\($0)"])
                }
            },
            Task { [environment = context.environment] in await tokens.keepUp(environment) },
            Task { [environment = context.environment] in await Self.tidy(answers, environment, logger) },
        ]
        let outcome = await ServeCommand.run(server, place)
        for chore in chores { chore.cancel() }
        for chore in chores { await chore.value }
        for bucket in opened { await bucket.close() }
        if let failure = outcome { throw CommandError(failed: failure) }
    }

    /// Removes the answers whose time is over, from time to time, until the task is cancelled.
    private static func tidy(_ answers: KeptAnswers, _ environment: StoreEnvironment, _ logger: Logger) async {
        while !Task.isCancelled {
            do {
                try await answers.removeExpired()
                try await environment.sleep(.seconds(600))
            } catch {
                guard !Task.isCancelled else { return }
                logger.error("Old answers can't be removed.", metadata: ["error": "\(error)"])
                do { try await environment.sleep(.seconds(60)) } catch { return }
            }
        }
    }

    /// Serves until it is stopped.
    private static func run(_ server: HTTPServer, _ place: ServedPlace) async -> StoreError? {
        do throws(StoreError) {
            try await server.run { address in
                place.listens(at: "\(server.scheme)://\(address)")
                server.tell(of: address)
            }
            return nil
        } catch {
            return error
        }
    }

    private func directory(
        _ folder: DataFolder,
        _ secret: [UInt8],
        _ place: ServedPlace,
        _ context: CommandContext
    ) throws -> ObjectDirectory {
        do throws(ObjectRefusal) {
            return try ObjectDirectory(
                folder.objectsPath,
                bucket: "local",
                location: "\(place.url)/objects",
                secret: Array(secret.prefix(DataFolder.signingBytes)),
                random: context.environment.random,
                seconds: { Int64(WallClock.milliseconds() / 1_000) }
            )
        } catch {
            throw CommandError(.failed, error.message, ["path": folder.objectsPath])
        }
    }

    private func open(
        _ store: any KeyValueStore,
        _ providers: [any ObjectProvider],
        _ secret: [UInt8],
        _ context: CommandContext
    ) async throws -> FilesService {
        let sealing = secret.dropFirst(DataFolder.signingBytes)
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let key = CursorKey(high: number(sealing.prefix(8)), low: number(sealing.dropFirst(8)))
        return try await context.withRecords {
            try await FilesService.open(
                store,
                providers: providers,
                cursorKey: key,
                environment: context.environment,
                wallClock: { Timestamp(milliseconds: Int64(WallClock.milliseconds())) }
            )
        }
    }
}

/// The URL that clients reach a server at.
final class ServedPlace: Sendable {
    private let base: Mutex<String>
    private let isFixed: Bool

    init(_ url: String, isFixed: Bool) {
        base = Mutex(url)
        self.isFixed = isFixed
    }

    /// Without a slash at its end.
    var url: String { base.withLock { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } }

    func listens(at url: String) {
        if !isFixed { base.withLock { $0 = url } }
    }
}

/// Where a server's tokens come from.
struct TokenSource {
    let verifier: any TokenVerifier
    private let issued: IssuedTokens?
    private let folder: DataFolder
    private let logger: Logger

    /// The tokens of a file, or those that were issued for a folder.
    init(_ file: String?, _ folder: DataFolder, _ logger: Logger) async throws {
        self.folder = folder
        self.logger = logger
        guard let file else {
            let issued = IssuedTokens(try await folder.tokens(), milliseconds: WallClock.milliseconds)
            self.issued = issued
            verifier = issued
            return
        }
        issued = nil
        verifier = try ListenOptions.tokens(of: file)
    }

    /// Takes up what was issued and revoked, every second, until the task is cancelled.
    func keepUp(_ environment: StoreEnvironment) async {
        guard let issued else { return }
        var last: TokenList?
        while !Task.isCancelled {
            do {
                try await environment.sleep(.seconds(1))
                let list = try await folder.tokens()
                if list != last { issued.replace(with: list) }
                last = list
            } catch {
                // Those that were known stay so.
                if !Task.isCancelled {
                    logger.error("The list of tokens can't be read.", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
#endif
