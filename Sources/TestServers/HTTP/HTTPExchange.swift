import Foundation

/// A request as a ``ScriptedHTTPServer`` got it.
public struct HTTPExchangeRequest: Sendable {
    /// As sent.
    public let method: String
    /// The path and the query, byte for byte as they were sent.
    public let target: String
    /// Names in lower case.
    public let headers: [String: String]
    /// Whole.
    public let body: [UInt8]

    /// A request from its parts.
    public init(method: String, target: String, headers: [String: String], body: [UInt8]) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The path, as sent.
    public var path: Substring { target.prefix { $0 != "?" } }

    /// The parameters behind the question mark, percent-decoded; of two of one name the later.
    public var query: [String: String] {
        var query: [String: String] = [:]
        for pair in target.dropFirst(path.count + 1).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts[0].removingPercentEncoding else { continue }
            query[name] = parts.count > 1 ? parts[1].removingPercentEncoding : ""
        }
        return query
    }
}

/// What a ``ScriptedHTTPServer`` replies.
public struct HTTPExchangeReply: Sendable {
    /// The number alone: nothing of ours reads the words behind it.
    public var status: Int
    /// Without Content-Length, which is added.
    public var headers: [(name: String, value: String)]
    /// Whole.
    public var body: [UInt8]

    /// A reply from its parts.
    public init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A reply of text of some type.
    public init(_ status: Int, _ text: String, type: String = "application/json") {
        self.init(status, headers: [("Content-Type", type)], body: Array(text.utf8))
    }

    /// What proxies put in front of a server that fails.
    public static func page(_ status: Int) -> HTTPExchangeReply {
        HTTPExchangeReply(status, "<html><body><h1>\(status)</h1></body></html>", type: "text/html")
    }

    /// The bytes on the wire.
    var encoded: [UInt8] {
        var head = "HTTP/1.1 \(status) Status\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if status != 204, status != 304 { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }
}

/// What becomes of a request. It has been processed by then, so every answer but a reply loses the reply.
public enum HTTPExchangeAnswer: Sendable {
    /// The reply, whole.
    case reply(HTTPExchangeReply)
    /// The reply a few bytes at a time.
    case slowly(HTTPExchangeReply)
    /// Only so many bytes of the reply's body, then the end of the connection.
    case truncated(HTTPExchangeReply, bodyBytes: Int)
    /// Nothing, until the client closes the connection or the server ends.
    case hang
    /// The end of the connection.
    case disconnect
    /// A reset of the connection.
    case reset
    /// These bytes, whatever they are, then the end of the connection.
    case raw([UInt8])
    /// These bytes, then as ``hang``.
    case unfinished([UInt8])
}
