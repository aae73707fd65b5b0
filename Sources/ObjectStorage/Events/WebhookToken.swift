import Crypto

/// The secret that a sender of notifications shows with each.
public struct WebhookToken: Sendable {
    private let key: SymmetricKey
    private let code: HMAC<SHA256>.MAC

    /// A token of 16 to 512 bytes.
    ///
    /// - Throws: ``NotificationRefusal/Code/notAuthentic`` for a shorter or longer one, which would protect nothing.
    public init(_ token: String) throws(NotificationRefusal) {
        guard (16...512).contains(token.utf8.count) else {
            throw NotificationRefusal(.notAuthentic, "A token for notifications is 16 to 512 bytes long.")
        }
        key = SymmetricKey(size: .bits256)
        code = HMAC<SHA256>.authenticationCode(for: Array(token.utf8), using: key)
    }

    /// Throws unless this text is the token. It takes the same time for every wrong one of a length.
    ///
    /// - Parameter text: The value of a header: the token, or `Bearer` and the token; nil for none.
    public func check(_ text: String?) throws(NotificationRefusal) {
        let beginning = "bearer "
        var shown = text ?? ""
        if shown.lowercased().hasPrefix(beginning) { shown.removeFirst(beginning.count) }
        guard HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(shown.utf8), using: key) else {
            throw NotificationRefusal(.notAuthentic, "The notification does not show the token: configure its sender.")
        }
    }
}
