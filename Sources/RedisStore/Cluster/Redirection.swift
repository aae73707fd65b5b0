#if Redis
/// Where a node of a cluster says that a command belongs.
enum Redirection: Hashable, Sendable {
    /// The slot has moved, for good.
    case moved(slot: UInt16, to: RedisEndpoint)
    /// The slot is moving, and this key has gone already.
    case ask(RedisEndpoint)

    /// Reads an error; nil when it says nothing of the kind.
    ///
    /// - Parameter answered: the node that gave it: an empty host stands for its own.
    init?(_ text: String, answered: RedisEndpoint) {
        let words = text.split(separator: " ")
        guard words.count == 3, let slot = UInt16(words[1]), let colon = words[2].lastIndex(of: ":"),
            let port = Int(words[2][words[2].index(after: colon)...])
        else { return nil }
        let host = words[2][..<colon]
        let endpoint = RedisEndpoint(host: host.isEmpty ? answered.host : String(host), port: port)
        switch words[0] {
        case "MOVED": self = .moved(slot: slot, to: endpoint)
        case "ASK": self = .ask(endpoint)
        default: return nil
        }
    }
}
#endif
