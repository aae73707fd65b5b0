public import IPLD

/// What came of an invocation: a value, or an error with a name and a message.
public enum Outcome: Hashable, Sendable {
    /// It was done.
    case ok(Node)
    /// It was not.
    case error(Node)

    /// An error that a failure is.
    public static func failure(_ failure: Failure) -> Outcome { .error(failure.node) }

    var node: Node {
        switch self {
        case .ok(let value): ["ok": value]
        case .error(let value): ["error": value]
        }
    }

    init?(_ node: Node?) {
        guard case .map(let map)? = node, map.count == 1, let entry = map.first else { return nil }
        switch entry.key {
        case "ok": self = .ok(entry.value)
        case "error": self = .error(entry.value)
        default: return nil
        }
    }
}

/// What an invocation asks to be done next: invocations, by their names.
public struct Effects: Hashable, Sendable {
    /// What is to be done beside the rest.
    public var fork: [CID]
    /// What continues the invocation, whose result is its result.
    public var join: CID?

    /// Effects from their parts.
    public init(fork: [CID] = [], join: CID? = nil) {
        self.fork = fork
        self.join = join
    }

    var node: Node {
        var map: NodeMap = ["fork": .list(fork.map { .link($0) })]
        if let join { map["join"] = .link(join) }
        return .map(map)
    }

    init(_ node: Node?) throws(UCANError) {
        guard case .map(let map)? = node, case .list(let list)? = map["fork"] else {
            throw UCANError(.malformed, "The effects of a receipt have no list 'fork'.")
        }
        fork = try links(list)
        switch map["join"] {
        case nil: break
        case .link(let cid)?: join = cid
        case .some: throw UCANError(.malformed, "The effect 'join' of a receipt is not a link.")
        }
    }
}

/// Nodes that all have to be links.
func links(_ nodes: [Node]) throws(UCANError) -> [CID] {
    var links: [CID] = []
    for node in nodes {
        guard case .link(let cid) = node else { throw UCANError(.malformed, "A value is not a link.") }
        links.append(cid)
    }
    return links
}
