#if HTTP
import HTTPTypes
import Hummingbird
public import KeyValue

/// The origins whose pages browsers let ask a server and read its answers, as the Fetch standard has it (CORS).
///
/// It holds for services that are meant for browsers: see ``HTTPService/isForBrowsers``. Who asks is known by the token
/// that a page sends; browsers are never allowed to add cookies or the like by themselves.
public struct AllowedOrigins: Hashable, Sendable {
    private let origins: Set<String>

    /// None.
    public static let none = AllowedOrigins()

    private init() { origins = [] }

    /// Origins as browsers write them, such as `https://example.com` or `http://localhost:3000`.
    ///
    /// Throws `StoreError.Code.invalidArgument` for what is none: each origin is named, so `*` is none either.
    public init(_ origins: [String]) throws(StoreError) {
        for origin in origins where !AllowedOrigins.isOrigin(origin) {
            throw .invalidArgument(
                """
                An origin is http:// or https://, a host in small letters and a port that is not the usual one or none, \
                without a path: name each by itself.
                """,
                ["origin": origin]
            )
        }
        self.origins = Set(origins)
    }

    private static func isOrigin(_ text: String) -> Bool {
        for (scheme, usual) in [("https://", 443), ("http://", 80)] where text.hasPrefix(scheme) {
            let rest = String(text.dropFirst(scheme.count))
            guard rest.last != ".", rest == rest.lowercased() else { return false }
            if let address = ListenAddress(rest), "\(address)" == rest { return address.port != usual }
            return ListenAddress("\(rest):0")?.description == "\(rest):0"
        }
        return false
    }

    private static let requestHeaders = """
        Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Range
        """

    /// The answer to a browser that asks whether it may send a request; nil for any other request, and for pages of other
    /// origins.
    func preflight(_ request: Request) -> Response? {
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil,
            let origin = origin(request)
        else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowOrigin: origin, .vary: "Origin",
                .accessControlAllowMethods: "GET, HEAD, POST, PUT",
                .accessControlAllowHeaders: AllowedOrigins.requestHeaders,
                .accessControlMaxAge: "600",
            ]
        )
    }

    /// Lets the page that sent a request read its answer, if it may.
    func open(_ headers: inout HTTPFields, to request: Request) {
        guard !origins.isEmpty else { return }
        // Whatever is kept of the answer on its way is for pages of this origin alone.
        headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = origin(request) else { return }
        headers[.accessControlAllowOrigin] = origin
        headers[.accessControlExposeHeaders] =
            "Content-Disposition, Content-Range, ETag, Idempotency-Replayed, Retry-After"
    }

    private func origin(_ request: Request) -> String? {
        request.headers[.origin].flatMap { origins.contains($0) ? $0 : nil }
    }
}
#endif
