public import KeyValue
import Synchronization

/// A Redis as another system filled it, read-only: each key a record, whose value is a ``RedisRawRecord``.
///
/// The partition is `db` and the number of the logical database. Redis allows an empty key, which a store does not: it is
/// the key of one zero byte in a partition of its own, `db0.empty`.
///
/// It reads with commands that each take the server a moment: SCAN for keys, then each key in bounded pieces. It has no
/// snapshot to read: what is written meanwhile may be seen or not, and a large collection half before and half after the
/// change. Hold the writers for a copy that has to be exact. Two more weaknesses are SCAN's own: while the server shrinks
/// its table of keys, a scan may deliver a key twice; and in a cluster, keys of a slot that is moved meanwhile may be
/// missed, so no slots are to be moved.
///
/// Not shown: what groups of a stream have been sent and did not acknowledge, which ``status()`` warns of once such a
/// stream was read, and values of the types that modules bring, which are refused by name or skipped and counted.
/// Servers before 7.0 tell only how long a key has left, so the moment of expiry may differ by milliseconds from one
/// reading to the next.
///
/// ``RedisRawOptions/match`` narrows scans and counts; `get` reads any key.
public final class RedisRawStore: ReadOnlyStore {
    let server: any RawServer
    let options: RedisRawOptions
    let expiryIsRelative: Bool
    /// What capture keeps there, which is not shown; nil in a view that does not capture.
    private let hidden: [UInt8]?
    private let version: String
    private let environment: StoreEnvironment
    private let identity: StoreIdentity
    let state = Mutex(State())

    struct State {
        var isClosed = false
        /// What was read last, and how many bytes a record of the last page had: the next will be like that.
        var lastKind = RawKeyReader.Kind.string
        var bytesARecord = 1 << 20
        var skipped = 0
        var streamsWithPendingEntries = 0
    }

    public let system = "redis"

    /// The largest record: the largest string of a Redis, and as much of a collection.
    static let valueBytesMax = 512 << 20

    public let capabilities: Capabilities

    /// Asks the server for its version, and takes it over: closing the view closes it.
    init(
        server: any RawServer,
        options: RedisRawOptions,
        environment: StoreEnvironment,
        valueBytesMax: Int = RedisRawStore.valueBytesMax,
        hiding hidden: [UInt8]? = nil
    ) async throws(StoreError) {
        self.server = server
        self.options = options
        partition = Array("db\(options.database)".utf8)
        partitionOfEmptyKey = partition + Array(".empty".utf8)
        self.environment = environment
        self.hidden = hidden
        identity = environment.makeIdentity()
        let nodes = try await server.nodes()
        let replies = try await server.replies(to: [["INFO", "server"].map { Array($0.utf8) }], at: nodes.first)
        let line = replies.first?.text?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
        version = line.map { String($0.dropFirst("redis_version:".count)) } ?? "unknown"
        // Unknown versions are new ones, of servers that are compatible.
        expiryIsRelative = version.split(separator: ".").first.flatMap { Int($0) }.map { $0 < 7 } ?? false
        capabilities = .readOnly(
            limits: .readOnly(
                partitionBytesMax: 32,
                keyBytesMax: RedisRawStore.valueBytesMax,
                valueBytesMax: valueBytesMax,
                getKeysMax: 256,
                pageKeysMax: 1_024
            ),
            consistency: .eventual,
            countCost: options.match == nil ? .constant : .rows
        )
    }

    // MARK: - Names

    let partition: [UInt8]
    private let partitionOfEmptyKey: [UInt8]
    private static let standInForEmptyKey: [UInt8] = [0]

    /// What tells a row from itself at another time, where that matters.
    private func nonce(_ value: [UInt8], _ drawn: UInt64) -> UInt64 {
        hidden == nil ? drawn : Revision.nonce(digesting: value)
    }

    func key(of name: [UInt8]) -> Key {
        name.isEmpty
            ? Key(partition: partitionOfEmptyKey, bytes: RedisRawStore.standInForEmptyKey)
            : Key(partition: partition, bytes: name)
    }

    /// The Redis key; nil where the view can't have a record.
    private func name(of key: Key) -> [UInt8]? {
        guard key.space == .records else { return nil }
        if key.partition == partition { return key.bytes == hidden ? nil : key.bytes }
        return key.partition == partitionOfEmptyKey && key.bytes == RedisRawStore.standInForEmptyKey ? [] : nil
    }

    // MARK: - Reading

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try checkOpen()
        let names = keys.map(name(of:))
        var found = try await records(of: names.compactMap { $0 }, keysOnly: false)[...]
        let nonce = environment.random()
        return zip(keys, names).map { key, name in
            guard name != nil, let value = found.popFirst() ?? nil else { return nil }
            let revision = Revision(store: identity, key: key, nonce: self.nonce(value, nonce))
            return Entry(key: key, value: value, revision: revision)
        }
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        let options = try options.validated(for: capabilities)
        try checkOpen()
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        guard range.space == .records else { return builder.page(cursor: nil) }
        let nonce = environment.random()
        if case .keys(let partition, _, _) = range.extent, partition != self.partition {
            if partition == partitionOfEmptyKey,
                let value = try await records(of: [[]], keysOnly: options.keysOnly)[0]
            {
                builder.append(key(of: []), value: value, nonce: self.nonce(value, nonce), isTombstone: false)
            }
            return builder.page(cursor: nil)
        }
        let nodes = try await server.nodes()
        guard let first = nodes.first else { return builder.page(cursor: nil) }
        var position = RawCursor(node: first)
        if let cursor { position = try RawCursor(cursor, in: range) }
        if position.pending.isEmpty {
            // As many as will probably fill the page: those beyond it would make one by themselves.
            let likely = options.bytesMax / max(1, state.withLock { $0.bytesARecord })
            try await nameKeys(&position, limit: min(options.limit, max(likely, RedisRawStore.keysAStepMin)))
        }
        var (bytes, rows) = (0, 0)
        while !position.pending.isEmpty, !builder.isFull {
            // As many as will probably fill the page: what goes beyond it is read again for the next.
            let likely = (options.bytesMax - bytes) / max(1, state.withLock { $0.bytesARecord })
            let step = min(max(likely, RedisRawStore.keysAStepMin), RedisRawStore.keysAStepMax)
            let names = position.pending.prefix(min(options.limit - builder.examined, step))
            var taken = 0
            for (name, value) in zip(names, try await records(of: Array(names), keysOnly: options.keysOnly)) {
                if builder.isFull { break }
                taken += 1
                let key = key(of: name)
                guard let value, range.contains(key) else { continue }
                builder.append(key, value: value, nonce: self.nonce(value, nonce), isTombstone: false)
                bytes += name.count + value.count
                rows += 1
            }
            position.pending.removeFirst(taken)
            if rows > 0 { state.withLock { $0.bytesARecord = bytes / rows } }
        }
        if position.pending.isEmpty, position.place == nil {
            guard let next = nodes.firstIndex(of: position.node).map({ nodes.index(after: $0) }), next < nodes.count
            else { return builder.page(cursor: nil) }
            position = RawCursor(node: nodes[next])
        }
        return builder.page(cursor: position.cursor(in: range))
    }

    static let keysAStepMin = 32
    /// Few enough that the first pieces of all do not take much memory.
    static let keysAStepMax = 512

    /// One step of the node's own scan.
    private func nameKeys(_ position: inout RawCursor, limit: Int) async throws(StoreError) {
        guard let place = position.place else { return }
        // The server names a few more than it is asked for; they would make a small page of their own.
        let count = max(1, limit - limit / 16)
        var command = [Array("SCAN".utf8), place, Array("COUNT".utf8), Array("\(count)".utf8)]
        if let match = options.match { command += [Array("MATCH".utf8), Array(match.utf8)] }
        let reply = try await server.replies(to: [command], at: position.node).first
        guard let parts = reply?.array, parts.count == 2, let next = parts[0].bytes, let names = parts[1].array else {
            throw refusal(reply)
        }
        position.place = next == Array("0".utf8) ? nil : next
        // A step may name a key twice.
        var seen: Set<HashedBytes> = []
        seen.reserveCapacity(names.count)
        for name in names {
            guard let name = name.bytes else { throw refusal(reply) }
            if name != hidden, seen.insert(HashedBytes(bytes: name)).inserted { position.pending.append(name) }
        }
    }

    private func refusal(_ reply: RawReply?) -> StoreError {
        StoreError(
            .unavailable,
            "The server refused to tell its keys.",
            ["answer": reply?.errorMessage ?? "no answer that it should give"]
        )
    }

    // MARK: - Maintenance

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        try checkOpen()
        guard space == .records else { return PartitionPage(partitions: [], cursor: nil) }
        var all: [[UInt8]] = []
        let hasEmptyKey = try await records(of: [[]], keysOnly: true)[0] != nil
        if try await keyCount() > (hasEmptyKey ? 1 : 0) { all.append(partition) }
        if hasEmptyKey { all.append(partitionOfEmptyKey) }
        if let cursor {
            let position = try cursor.partitionPosition(in: space)
            all.removeAll { !ByteOrder.precedes(position, $0) }
        }
        let found = Array(all.prefix(limit))
        let isWhole = found.count == all.count
        return PartitionPage(
            partitions: found,
            cursor: isWhole ? nil : found.last.map { Cursor(afterPartition: $0, in: space) }
        )
    }

    /// The server's own number of keys for all of the database, with those that have expired and are not removed yet;
    /// counted with ``RedisRawOptions/match``.
    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        try checkOpen()
        guard range == .all(), self.options.match == nil else {
            var total = 0
            var cursor: Cursor?
            repeat {
                let page = try await scan(range, ScanOptions(limit: 1_024, keysOnly: true), after: cursor)
                total += page.count
                cursor = page.cursor
            } while cursor != nil
            return Measurement(total, .exact)
        }
        return Measurement(try await keyCount(), .estimated)
    }

    private func keyCount() async throws(StoreError) -> Int {
        var total = 0
        for node in try await server.nodes() {
            let reply = try await server.replies(to: [[Array("DBSIZE".utf8)]], at: node).first
            guard let count = reply?.number else { throw refusal(reply) }
            total += Int(count)
        }
        return total
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try checkOpen()
        let (keys, nodes) = (try await keyCount(), try await server.nodes())
        let (skipped, streams) = state.withLock { ($0.skipped, $0.streamsWithPendingEntries) }
        var warnings: [String] = []
        if skipped > 0 { warnings.append("Keys of types that modules bring were skipped: \(skipped).") }
        if streams > 0 {
            warnings.append(
                "Streams were read whose groups have entries not acknowledged, which are not shown: \(streams)."
            )
        }
        if expiryIsRelative {
            warnings.append("Servers before 7.0 tell when a key expires only to some milliseconds.")
        }
        return StoreStatus(
            durability: capabilities.durability,
            format: Int(RedisRawRecord.format),
            facts: [
                StoreStatus.Fact("layout", "raw, read-only"),
                StoreStatus.Fact("redis", version),
                StoreStatus.Fact("nodes", "\(nodes.count)"),
                StoreStatus.Fact("database", "\(options.database)"),
                StoreStatus.Fact("keys", "\(keys)"),
            ],
            warnings: warnings
        )
    }

    private func checkOpen() throws(StoreError) {
        if state.withLock({ $0.isClosed }) { throw .closed }
        if Task.isCancelled { throw .cancelled }
    }

    public func close() async {
        state.withLock { $0.isClosed = true }
        await server.close()
    }
}

/// Bytes that are hashed in one go; an array hashes each of its elements by itself.
private struct HashedBytes: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}
