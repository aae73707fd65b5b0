#if HTTP
public import Hummingbird
import NIOCore
public import Telemetry

/// What a server serves below one path. A server has any number of services; see ``HTTPServer``.
///
/// Handlers throw ``Problem`` or `StoreError`; both, and what Hummingbird throws, reach the client as RFC 9457 has it.
/// Any other error is a 500 that tells nothing but that, and is logged.
public protocol HTTPService: Sendable {
    /// The path that everything of the service begins with, such as `/v1/migration`. No two services have the same, nor
    /// one that another begins with.
    var path: String { get }
    /// What a request to the service may take. All of it holds for each of its routes.
    var limits: RequestLimits { get }
    /// The rights that a token needs for each of the routes, of which handlers may ask for more; nil where no token is
    /// needed, and handlers find out by themselves who may do what.
    var rights: TokenRights? { get }
    /// Whether pages in browsers may ask it, those of the origins that the server allows.
    var isForBrowsers: Bool { get }
    /// Adds the routes, whose paths go on after ``path``.
    func addRoutes(to routes: RouterGroup<ServiceContext>)
    /// Why the service can't do its work now, in a sentence; nil when it can. Anybody may ask, without a token, so it
    /// names nothing that is not for everybody.
    func hindrance() async -> String?
    /// Brings the numbers up to date that `/metrics` shows, where they are not counted as things happen.
    func measure(into metrics: MetricsRegistry) async
}

extension HTTPService {
    /// What ``RequestLimits/init(bodyBytesMax:timeMax:)`` has unless told otherwise.
    public var limits: RequestLimits { RequestLimits() }

    /// No.
    public var isForBrowsers: Bool { false }

    /// ``TokenRights/operate``.
    public var rights: TokenRights? { .operate }

    /// None.
    public func hindrance() async -> String? { nil }

    /// Nothing.
    public func measure(into metrics: MetricsRegistry) async {}
}

/// What comes along with a request.
public struct ServiceContext: RequestContext {
    /// What Hummingbird keeps: the logger, and the parameters of the path.
    public var coreContext: CoreRequestContextStorage
    /// Whoever sent the request.
    public internal(set) var holder = TokenHolder.nobody
    let channel: any Channel

    /// The name of the token that the request was sent with.
    public var caller: String { holder.name }

    /// The context of a request that has just come.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
#endif
