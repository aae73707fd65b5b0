#if Redis
import KeyValue

/// What capture keeps in the Redis that it is for: a hash under one key.
///
/// Its fields: `identity`, two numbers; `gaps`, a number; and for each node `position:NODE`, a
/// ``RedisStreamPosition``, `admitted:NODE`, which commands its users might use before they were refused, and
/// `refused:NODE`, which since, both in lines of an ``AccessRule``, and `fenced:NODE`, the position by which they were.
struct CaptureRecord: Sendable {
    static let key = Array("wherehouse:capture".utf8)

    var identity: MarkID?
    var gaps: UInt64 = 0
    var positions: [String: RedisStreamPosition] = [:]
    var admitted: [String: String] = [:]
    var refused: [String: String] = [:]
    var fenced: [String: RedisStreamPosition] = [:]

    /// None.
    init() {}

    /// From the reply to HGETALL; throws ``StoreError/Code/corrupted`` for what can't be.
    init(_ reply: RESPValue) throws(StoreError) {
        let pairs = reply.elements ?? []
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            guard let name = pairs[index].text, let text = pairs[index + 1].text else { throw CaptureRecord.unreadable }
            let parts = name.split(separator: ":", maxSplits: 1).map { String($0) }
            switch (parts.first, parts.dropFirst().first) {
            case ("identity", nil):
                let halves = text.split(separator: " ").compactMap { UInt64($0) }
                guard halves.count == 2 else { throw CaptureRecord.unreadable }
                identity = MarkID(high: halves[0], low: halves[1])
            case ("gaps", nil):
                guard let gaps = UInt64(text) else { throw CaptureRecord.unreadable }
                self.gaps = gaps
            case ("position", let node?): positions[node] = try RedisStreamPosition(text: text)
            case ("admitted", let node?): admitted[node] = text
            case ("refused", let node?): refused[node] = text
            case ("fenced", let node?): fenced[node] = try RedisStreamPosition(text: text)
            default: throw CaptureRecord.unreadable
            }
        }
    }

    private static var unreadable: StoreError {
        StoreError(
            .corrupted,
            "What capture keeps under the key wherehouse:capture can't be read: remove that key, and install anew."
        )
    }
}

/// Reads and writes a ``CaptureRecord``.
struct CaptureKeeper: Sendable {
    let client: RedisClient

    private func send(_ name: String, _ words: [String]) async throws(StoreError) -> RESPValue {
        let slot = client.isCluster ? HashSlot.of(CaptureRecord.key) : nil
        let arguments = [CaptureRecord.key] + words.map { Array($0.utf8) }
        return try await client.send(RedisCommand(name, arguments, slot: slot, .writes))
    }

    func read() async throws(StoreError) -> CaptureRecord { try CaptureRecord(try await send("HGETALL", [])) }

    func keep(_ fields: [String: String]) async throws(StoreError) {
        if !fields.isEmpty { _ = try await send("HSET", fields.flatMap { [$0.key, $0.value] }) }
    }

    /// Keeps a field unless it is there; whether it was not.
    @discardableResult
    func keepIfAbsent(_ field: String, _ text: String) async throws(StoreError) -> Bool {
        try await send("HSETNX", [field, text]).integer == 1
    }

    func keepIfAbsent(identity: MarkID) async throws(StoreError) -> Bool {
        try await keepIfAbsent("identity", "\(identity.high) \(identity.low)")
    }

    func keep(positions: [String: RedisStreamPosition]) async throws(StoreError) {
        var fields: [String: String] = [:]
        for (node, position) in positions { fields["position:" + node] = position.text }
        try await keep(fields)
    }

    func count(gaps: UInt64) async throws(StoreError) { _ = try await send("HINCRBY", ["gaps", "\(gaps)"]) }

    func drop(_ fields: [String]) async throws(StoreError) { _ = try await send("HDEL", fields) }

    func removeAll() async throws(StoreError) { _ = try await send("DEL", []) }
}
#endif
