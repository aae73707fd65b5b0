package import KeyValue

/// Why there is no reply.
package struct HTTPFailure: Error, Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// The request can't be sent as it is: a mistake of the store's.
        case illegalRequest = "the request can't be sent"
        /// No connection could be made.
        case notConnected = "no connection"
        /// No encrypted connection could be made.
        case notEncrypted = "no encrypted connection"
        /// There was no whole reply in time.
        case timedOut = "no reply in time"
        /// The connection ended before the reply did.
        case disconnected = "the connection ended"
        /// There is more of it than was asked for.
        case tooLarge = "the reply is larger than asked for"
        /// What came is no HTTP.
        case illegalReply = "the reply can't be read"
        /// The task was cancelled.
        case cancelled = "cancelled"
        /// The transport was closed.
        case closed = "closed"
    }

    package var kind: Kind
    /// Whether the server may have got the whole request. False is certain.
    package var maybeSent: Bool
    /// More about it, without anything of the request.
    package var detail: String

    package init(_ kind: Kind, maybeSent: Bool, detail: String = "") {
        self.kind = kind
        self.maybeSent = maybeSent
        self.detail = detail
    }
}

extension HTTPFailure {
    /// What the failure means to the caller of the store.
    ///
    /// - Parameter changes: Whether the request was to change something; then what may have been sent has an unknown
    ///   outcome.
    package func storeError(at endpoint: HTTPEndpoint, changes: Bool) -> StoreError {
        var details = ["server": "\(endpoint)", "reason": kind.rawValue]
        if !detail.isEmpty { details["detail"] = detail }
        if changes, maybeSent {
            return StoreError(
                .outcomeUnknown,
                "The server may have applied the write or not: read the record to find out.",
                details
            )
        }
        return switch kind {
        case .cancelled: .cancelled
        case .closed: .closed
        case .timedOut: StoreError(.timedOut, "The server did not reply in time: see how it fares.", details)
        case .illegalRequest: .invalidArgument("The request can't be written as HTTP: see the URL.", details)
        case .illegalReply: .strangeReply(details)
        case .tooLarge: StoreError(.tooLarge, "The reply is larger than asked for: ask for less at a time.", details)
        case .notEncrypted:
            StoreError(
                .unavailable,
                "No encrypted connection can be made: see the server's certificate and the option ca.",
                details
            )
        case .notConnected, .disconnected:
            StoreError(.unavailable, "The server can't be reached: see whether it runs.", details)
        }
    }
}

extension StoreError {
    /// What is no reply of a server of this kind.
    package static func strangeReply(_ details: [String: String] = [:]) -> StoreError {
        .unsupported("The reply is not one of a server of this kind: see what the URL leads to.", details)
    }
}
