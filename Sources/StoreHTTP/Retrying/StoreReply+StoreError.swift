package import KeyValue

extension StoreReply {
    /// What a status means that is none of success, where the kind of server has no better word for it.
    ///
    /// - Parameter changes: Whether the request was to change something. What a server or a proxy says after it may have
    ///   begun leaves the outcome unknown.
    package func failure(at endpoint: HTTPEndpoint, changes: Bool, details: [String: String] = [:]) -> StoreError {
        var details = details
        details["server"] = "\(endpoint)"
        details["status"] = "\(status)"
        switch status {
        case 401, 403:
            return StoreError(
                .permissionDenied,
                "The server does not let this user do it: check name, password or token, and rights.",
                details
            )
        case 413, 414, 431:
            return StoreError(.tooLarge, "The server takes no request as large as this.", details)
        case 429:
            return StoreError(.throttled, "The server asks for less load.", details, retryAfter: retryAfter)
        case 503:
            // Said instead of doing anything, by whoever says it.
            return StoreError(.unavailable, "The server serves nobody now.", details, retryAfter: retryAfter)
        case 507: return StoreError(.full, "The server has no room: give it more.", details)
        case 408, 500...599:
            guard !changes else {
                return StoreError(
                    .outcomeUnknown,
                    "The server may have applied the write or not: read the record to find out.",
                    details
                )
            }
            return StoreError(.unavailable, "The server failed: see its log.", details, retryAfter: retryAfter)
        default: return .strangeReply(details)
        }
    }

    /// How long the server asks to be left alone, in whole seconds or until a date; nil where it does not say.
    ///
    /// A date counts from the reply's own, so that no clock but the server's matters (RFC 9110, section 10.2.3).
    package var retryAfter: Duration? {
        guard let text = self["retry-after"] else { return nil }
        if let seconds = Int(text) { return (0...1_000_000).contains(seconds) ? .seconds(seconds) : nil }
        guard let until = HTTPDate.seconds(text), let now = self["date"].flatMap(HTTPDate.seconds) else { return nil }
        return .seconds(max(0, min(until - now, 1_000_000)))
    }
}
