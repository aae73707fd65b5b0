#if HTTP
import FoundationEssentials
public import HTTPTypes
public import Hummingbird
import NIOCore

/// An error as a client gets it: `application/problem+json` of RFC 9457.
///
/// Of the members of RFC 9457 it has `title`, the words of the status, `status`, and `detail`: what is the matter and
/// what to do about it. `type` is always `about:blank`. Three more are `code`, a word that programs go by, `metadata`, an
/// object of strings, and `errors`, a list of objects with the `field` of the request that is wrong and the `detail` of
/// it; both are left out when they are empty.
public struct Problem: Error, Hashable, Sendable {
    /// The status.
    public var status: HTTPResponse.Status
    /// A word that programs go by. It is never changed.
    public var code: String
    /// What is the matter, and what to do about it.
    public var detail: String
    /// What the problem is about, by name.
    public var metadata: [String: String]
    /// What is wrong with single fields of the request.
    public var fields: [Field] = []
    /// After how long to try again; nil for not known.
    public var retryAfter: Duration?

    /// What is wrong with one field of a request.
    public struct Field: Hashable, Sendable, Encodable {
        /// The way to it, as in `meta/tags/2`; empty for all of the body.
        public var field: String
        /// What is wrong, and what would be right.
        public var detail: String

        /// What is wrong from its parts.
        public init(_ field: String, _ detail: String) {
            self.field = field
            self.detail = detail
        }
    }

    /// A problem from its parts, of no single fields.
    public init(
        _ status: HTTPResponse.Status,
        code: String,
        _ detail: String,
        _ metadata: [String: String] = [:],
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.metadata = metadata
        self.retryAfter = retryAfter
    }
}

extension Problem: Encodable {
    private enum Member: String, CodingKey { case type, title, status, detail, code, metadata, errors }

    /// Encodes the members that are said above.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Member.self)
        try container.encode("about:blank", forKey: .type)
        try container.encode(status.reasonPhrase, forKey: .title)
        try container.encode(status.code, forKey: .status)
        try container.encode(detail, forKey: .detail)
        try container.encode(code, forKey: .code)
        if !metadata.isEmpty { try container.encode(metadata, forKey: .metadata) }
        if !fields.isEmpty { try container.encode(fields, forKey: .errors) }
    }
}

extension Problem {
    /// The answer to a request that failed for it.
    func response() throws -> Response {
        var response = try Response(json: self, status: status)
        response.headers[.contentType] = "application/problem+json"
        if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        if let retryAfter {
            response.headers[.retryAfter] = "\(max(1, Int64((retryAfter / .seconds(1)).rounded(.up))))"
        }
        return response
    }
}

extension Response {
    /// A value in JSON, its fields in the order of their names, and a line feed.
    public init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var body = ByteBuffer(bytes: try encoder.encode(value))
        body.writeInteger(UInt8(ascii: "\n"))
        self.init(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}
#endif
