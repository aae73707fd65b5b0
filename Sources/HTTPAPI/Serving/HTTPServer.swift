#if HTTP
import Hummingbird
import HummingbirdCore
public import KeyValue
public import Logging
import NIOCore
import ServiceLifecycle
public import Telemetry

/// Serves services over HTTP 1.1, on the loopback interface unless told otherwise.
///
/// Every request needs a bearer token but `/healthz`, `/readyz` and those of services that need none; `/metrics`, and
/// paths of no service, need one with ``TokenRights/operate``. It encrypts where it has an identity; without one, let a
/// proxy do so that stands before it, if others than this machine are to reach it.
public struct HTTPServer: Sendable {
    /// How a server serves.
    public struct Options: Sendable {
        /// Where to listen.
        public var address: ListenAddress
        /// How many connections there may be. Further ones wait until one of them ends.
        public var connectionsMax: Int
        /// After how long a connection is closed on which nothing comes.
        public var idleTimeMax: Duration
        /// How long requests have to come to their end when the server stops; then they are cancelled.
        public var stopTimeMax: Duration
        /// What it encrypts with; nil for plain HTTP.
        public var identity: ServerIdentity?
        /// The origins whose pages may ask services that are meant for browsers.
        public var allowedOrigins: AllowedOrigins

        /// Loopback and any free port, 1,000 connections, 60 seconds, 10 seconds, plain HTTP and no origins unless told
        /// otherwise.
        public init(
            address: ListenAddress = ListenAddress(),
            connectionsMax: Int = 1_000,
            idleTimeMax: Duration = .seconds(60),
            stopTimeMax: Duration = .seconds(10),
            identity: ServerIdentity? = nil,
            allowedOrigins: AllowedOrigins = .none
        ) {
            self.address = address
            self.connectionsMax = connectionsMax
            self.idleTimeMax = idleTimeMax
            self.stopTimeMax = stopTimeMax
            self.identity = identity
            self.allowedOrigins = allowedOrigins
        }
    }

    private let services: [any HTTPService]
    private let tokens: any TokenVerifier
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let options: Options
    private let environment: StoreEnvironment

    /// A server of these services, which does not listen yet.
    ///
    /// - Parameters:
    ///   - services: what it serves.
    ///   - tokens: whom it admits.
    ///   - metrics: what `/metrics` shows. The times of requests are added to it.
    ///   - logger: told of each request, and of errors that clients are not told of.
    ///   - options: how it serves.
    ///   - environment: time and randomness.
    public init(
        _ services: [any HTTPService],
        tokens: any TokenVerifier,
        metrics: MetricsRegistry,
        logger: Logger,
        options: Options = Options(),
        environment: StoreEnvironment = .live
    ) {
        self.services = services
        self.tokens = tokens
        self.metrics = metrics
        self.logger = logger
        self.options = options
        self.environment = environment
    }

    /// What its URLs begin with: `https` where it encrypts, or else `http`.
    public var scheme: String { options.identity == nil ? "http" : "https" }

    /// Serves until the task is cancelled, and then until the requests that have come are answered.
    ///
    /// Throws `StoreError.Code.unavailable` when it can't listen at the address.
    ///
    /// - Parameter onListening: told where it listens as soon as it does, with the port that it was given.
    public func run(
        onListening: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) async throws(StoreError) {
        let group = group(onListening)
        let renewing = Task { await options.identity?.keepUp(environment, logger) }
        defer { renewing.cancel() }
        // A task of its own, so that cancelling this one lets the requests come to their end.
        let serving = Task { try await group.run() }
        let result = await withTaskCancellationHandler {
            await serving.result
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
        guard case .failure(let error) = result, !Task.isCancelled else { return }
        throw StoreError(
            .unavailable,
            "The server can't listen at this address: name another, or end whoever listens there.",
            ["address": "\(options.address)", "error": "\(error)"]
        )
    }

    private func group(_ onListening: @escaping @Sendable (ListenAddress) async -> Void) -> ServiceGroup {
        // What the parts of the server say of their own comings and goings is left out.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: responder,
            server: channels,
            configuration: ApplicationConfiguration(
                address: .hostname(options.address.host, port: options.address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(options.connectionsMax)
            ),
            onServerRunning: { [host = options.address.host] channel in
                await onListening(ListenAddress(host: host, port: channel.localAddress?.port ?? 0))
            },
            logger: quiet
        )
        var configuration = ServiceGroupConfiguration(services: [application], logger: quiet)
        configuration.maximumGracefulShutdownDuration = options.stopTimeMax
        return ServiceGroup(configuration: configuration)
    }

    private var channels: HTTPServerBuilder {
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(options.idleTimeMax),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: 16 << 10,
                maxHeaderListSize: 32 << 10,
                maxHeaderFieldCount: 100
            )
        )
        guard let identity = options.identity else { return .http1(configuration: configuration) }
        return HTTPServerBuilder { responder in
            EncryptedChannel(
                base: HTTP1Channel(responder: responder, configuration: configuration),
                identity: identity
            )
        }
    }

    private var responder: GuardedResponder {
        let router = Router(context: ServiceContext.self)
        router.add(middleware: ProblemMiddleware())
        ObservationRoutes(services: services, metrics: metrics).add(to: router)
        for service in services { service.addRoutes(to: router.group(RouterPath(service.path))) }
        return GuardedResponder(
            router: router.buildResponder(),
            services: services,
            tokens: tokens,
            origins: options.allowedOrigins,
            metrics: metrics,
            logger: logger,
            environment: environment
        )
    }
}
#endif
