#if HTTP
import CoreMetrics
import HTTPTypes
import Hummingbird
import HummingbirdCore
import KeyValue
import Logging
import Telemetry

/// Stands before everything that is served: admits those with a token, keeps requests to the limits of their services,
/// and takes down how each went.
struct GuardedResponder: HTTPResponder {
    typealias Context = ServiceContext

    /// The paths that everybody may ask for.
    static let openPaths: Set<String> = ["/healthz", "/readyz"]

    let router: RouterResponder<ServiceContext>
    let services: [any HTTPService]
    let tokens: any TokenVerifier
    let origins: AllowedOrigins
    let metrics: MetricsRegistry
    let logger: Logger
    let environment: StoreEnvironment

    func respond(to request: Request, context: ServiceContext) async throws -> Response {
        let began = environment.nanoseconds()
        var context = context
        let service = service(of: request)
        let isForBrowsers = service?.isForBrowsers ?? false
        var response: Response
        if isForBrowsers, let preflight = origins.preflight(request) {
            response = preflight
        } else {
            do {
                response = try await admit(request, to: service, &context)
            } catch {
                guard let problem = error as? Problem else { throw error }
                response = try problem.response(to: request, context)
            }
            if isForBrowsers { origins.open(&response.headers, to: request) }
        }
        note(request, context, response.status, nanoseconds: environment.nanoseconds() - began)
        // A body in answer to HEAD would be taken for the beginning of the next answer.
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func service(of request: Request) -> (any HTTPService)? {
        let path = request.uri.path
        return services.first { path == $0.path || path.hasPrefix($0.path + "/") }
    }

    private func admit(
        _ request: Request,
        to service: (any HTTPService)?,
        _ context: inout ServiceContext
    ) async throws -> Response {
        if !GuardedResponder.openPaths.contains(request.uri.path), let rights = service.map(\.rights) ?? .operate {
            guard let holder = request.headers[.authorization].flatMap({ tokens.holder(authorization: $0) }) else {
                throw Problem.unauthorized
            }
            context.holder = holder
            try holder.require(rights)
        }
        let limits = service?.limits ?? RequestLimits()
        let limited = try request.limited(to: limits.bodyBytesMax)
        guard let timeMax = limits.timeMax else { return try await router.respond(to: limited, context: context) }
        return try await respond(to: limited, context, within: timeMax)
    }

    /// The handler runs beside a clock; whichever comes first ends the other.
    private func respond(
        to request: Request,
        _ context: ServiceContext,
        within timeMax: Duration
    ) async throws -> Response {
        try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await router.respond(to: request, context: context) }
            group.addTask {
                try await environment.sleep(timeMax)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let response = first else { throw Problem.tookTooLong }
            return response
        }
    }

    private func note(
        _ request: Request,
        _ context: ServiceContext,
        _ status: HTTPResponse.Status,
        nanoseconds: Int64
    ) {
        let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
        // What clients make up must not become series.
        let method = methods.contains(request.method) ? request.method.rawValue : "other"
        let route = context.endpointPath ?? "none"
        CoreMetrics.Timer(
            label: "http_server_request_duration_seconds",
            dimensions: [("method", method), ("route", route), ("status", "\(status.code)")],
            factory: metrics
        ).recordNanoseconds(nanoseconds)
        let isQuiet = GuardedResponder.openPaths.contains(request.uri.path) || request.uri.path == "/metrics"
        logger.log(
            level: isQuiet ? .debug : .info,
            "Answered a request.",
            metadata: [
                "request": context.logger[metadataKey: "hb.request.id"] ?? "-", "method": "\(method)",
                "path": "\(request.uri.path.prefix(256))",
                "route": "\(route)",
                "status": "\(status.code)", "milliseconds": "\(Double(nanoseconds / 1_000) / 1_000)",
                "caller": "\(context.caller)",
            ]
        )
    }
}
#endif
