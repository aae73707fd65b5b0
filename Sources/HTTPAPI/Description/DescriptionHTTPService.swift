#if HTTP
import HTTPTypes
public import Hummingbird
import HummingbirdCore
import JSONFormat
import NIOCore

/// What the server offers, as OpenAPI 3.1 has it, at `/openapi.json` for everybody.
public struct DescriptionHTTPService: HTTPService {
    public let path = "/openapi.json"
    /// None is needed: it is the same for every server.
    public let rights: TokenRights? = nil
    public let isForBrowsers = true

    /// The service of the description.
    public init() {}

    public func addRoutes(to routes: RouterGroup<ServiceContext>) {
        let body = ByteBuffer(bytes: ServerDescription.document.encoded)
        routes.get { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: body)
            )
        }
    }
}
#endif
