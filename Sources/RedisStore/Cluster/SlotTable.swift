#if Redis
/// Which node of a cluster serves which slot.
struct SlotTable: Hashable, Sendable {
    /// The masters.
    private(set) var masters: [RedisEndpoint] = []
    /// The replicas, which may become masters.
    private(set) var replicas: [RedisEndpoint] = []
    /// For each slot the place of its master; -1 where it has none.
    private var owners = [Int16](repeating: -1, count: HashSlot.count)

    /// The node of a slot; nil where none serves it.
    subscript(slot: UInt16) -> RedisEndpoint? {
        let owner = Int(owners[Int(slot) % HashSlot.count])
        return masters.indices.contains(owner) ? masters[owner] : nil
    }

    /// Whether every slot has a node.
    var isWhole: Bool { !owners.contains(-1) }

    /// Notes where a slot has moved to.
    mutating func move(_ slot: UInt16, to endpoint: RedisEndpoint) {
        owners[Int(slot) % HashSlot.count] = place(of: endpoint)
    }

    private mutating func place(of endpoint: RedisEndpoint) -> Int16 {
        if let place = masters.firstIndex(of: endpoint) { return Int16(place) }
        masters.append(endpoint)
        return Int16(masters.count - 1)
    }

    private init() {}

    /// Reads the reply to `CLUSTER SLOTS`; nil when it is none.
    ///
    /// - Parameter answered: the node that gave it: it names itself by no host where it does not know its own.
    init?(_ reply: RESPValue, answered: RedisEndpoint) {
        guard let ranges = reply.elements else { return nil }
        self.init()
        for range in ranges {
            guard let parts = range.elements, parts.count >= 3, let first = parts[0].integer,
                let last = parts[1].integer,
                (0...last).contains(first), last < HashSlot.count
            else { return nil }
            let nodes = parts[2...].compactMap { SlotTable.endpoint($0, answered: answered) }
            guard nodes.count == parts.count - 2, let master = nodes.first else { return nil }
            let place = place(of: master)
            for slot in Int(first)...Int(last) { owners[slot] = place }
            for replica in nodes.dropFirst() where !replicas.contains(replica) { replicas.append(replica) }
        }
    }

    private static func endpoint(_ node: RESPValue, answered: RedisEndpoint) -> RedisEndpoint? {
        guard let parts = node.elements, parts.count >= 2, let number = parts[1].integer,
            let port = Int(exactly: number)
        else { return nil }
        let host = parts[0].text ?? ""
        return RedisEndpoint(host: host.isEmpty || host == "?" ? answered.host : host, port: port)
    }
}
#endif
