/// One name with its value, of a query or of headers.
package struct NamedValue: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request as far as a signature covers it.
package struct SignableRequest: Hashable, Sendable {
    /// "GET", in capitals.
    package var method: String
    /// The host as the request's header names it: with the port where it is not that of the scheme.
    package var host: String
    /// The path as it is sent: percent-encoded, from the first slash on.
    package var path: String
    /// The query, not encoded. It is sent in ``RequestSigner/encodedQuery(of:)``'s encoding.
    package var query: [NamedValue]
    /// The headers that are signed beside that of the host.
    package var headers: [NamedValue]

    package init(
        _ method: String,
        host: String,
        path: String,
        query: [NamedValue] = [],
        headers: [NamedValue] = []
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// What a signature says of a request's body.
package enum PayloadHash: Hashable, Sendable {
    /// The SHA-256 of these bytes.
    case of([UInt8])
    /// Nothing: the body is not covered. For objects alone, and for URLs that are signed beforehand.
    case unsigned
}
