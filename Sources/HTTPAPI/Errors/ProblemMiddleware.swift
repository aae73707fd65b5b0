#if HTTP
import Hummingbird
import Logging

/// Makes answers of the errors that handlers throw.
struct ProblemMiddleware: RouterMiddleware {
    func handle(
        _ request: Request,
        context: ServiceContext,
        next: @concurrent (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            if let problem = Problem(thrown: error) {
                return try problem.response(to: request, context)
            }
            context.logger.error("A handler failed.", metadata: ["error": "\(error)"])
            return try Problem.internalError.response(to: request, context)
        }
    }
}

extension Problem {
    /// The answer to this request. Where more of a body may come than is taken in, the connection ends with the answer.
    func response(to request: Request, _ context: ServiceContext) throws -> Response {
        let response = try response()
        let isEnd = status == .contentTooLarge || status == .unauthorized
        return isEnd && request.hasBody ? response.ending(context.channel) : response
    }
}
#endif
