import KeyValue

/// One request of a store to its server.
///
/// It may hold credentials and records, so its description tells only the method and the server.
package struct StoreRequest: Sendable {
    /// In upper case.
    package var method: String
    /// Where the server is.
    package var endpoint: HTTPEndpoint
    /// The path and the query, percent-encoded; sent as it is. It begins with a slash.
    package var target: String
    /// Names and values, in the order in which they are sent. Host and Content-Length are not among them, unless Host
    /// is other than the endpoint's.
    package var headers: [(name: String, value: String)]
    /// Empty for none.
    package var body: [UInt8]
    /// A larger body of the reply is a failure.
    package var replyBytesMax: Int

    package init(
        _ method: String,
        at endpoint: HTTPEndpoint,
        _ target: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        replyBytesMax: Int = 16 << 20
    ) {
        self.method = method
        self.endpoint = endpoint
        self.target = target
        self.headers = headers
        self.body = body
        self.replyBytesMax = replyBytesMax
    }
}

extension StoreRequest {
    /// Whether the target is one that clients send as it is. They may drop a path whose bytes, decoded, are no UTF-8.
    var isSentUnchanged: Bool {
        let path = target.prefix { $0 != "?" }
        guard target.hasPrefix("/"), target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
            return false
        }
        do throws(StoreError) { _ = try StoreLocation.decoded(path) } catch { return false }
        return true
    }
}

extension StoreRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(method) \(endpoint)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
