/// What a memory store holds: a pure value with the rules of the contract, without locks and without time of its own.
struct MemoryState: Sendable {
    struct Row: Sendable {
        var value: [UInt8]
        var nonce: UInt64
        var isTombstone: Bool
    }

    let profile: MemoryProfile
    let identity: StoreIdentity
    private(set) var isClosed = false
    private var rows = SortedMap<MemoryPlace, Row>()
    /// What reads see where they lag behind, and which keys catch up at which tick.
    private var visible = SortedMap<MemoryPlace, Row>()
    private var pending: [(tick: Int, place: MemoryPlace)] = []
    private var tick = 0
    private var fences: [Fence]
    private var copies: [(fence: Fence, readAt: Duration)]
    private var marks: [SortedMap<MarkID, [Key]>]
    private(set) var feed: MemoryFeed

    init(profile: MemoryProfile, identity: StoreIdentity) {
        self.profile = profile
        self.identity = identity
        fences = Array(repeating: .open, count: profile.bins)
        copies = Array(repeating: (.open, .zero), count: profile.bins)
        marks = Array(repeating: SortedMap(), count: profile.bins)
        feed = MemoryFeed(keysMax: profile.feedKeysMax)
    }

    /// Lets go of everything.
    mutating func close() {
        self = MemoryState(profile: profile, identity: identity)
        isClosed = true
    }

    private var order: KeyOrder { profile.capabilities.order }

    private func place(_ key: Key) -> MemoryPlace { MemoryPlace(key, order: order) }

    private func entry(_ key: Key, _ row: Row) -> Entry {
        Entry(key: key, value: row.value, revision: revision(key, row.nonce), isTombstone: row.isTombstone)
    }

    private func revision(_ key: Key, _ nonce: UInt64) -> Revision {
        Revision(store: identity, key: key, nonce: nonce)
    }
}

// MARK: - Reading

extension MemoryState {
    /// Lets what is due show in reads.
    private mutating func advance() {
        guard profile.staleness > 0 else { return }
        tick += 1
        while let first = pending.first, first.tick <= tick {
            visible[first.place] = rows[first.place]
            pending.removeFirst()
        }
    }

    private var readable: SortedMap<MemoryPlace, Row> { profile.staleness > 0 ? visible : rows }

    mutating func get(_ keys: [Key], _ options: ReadOptions) -> [Entry?] {
        advance()
        return keys.map { key in
            guard let row = readable[place(key)], options.includesTombstones || !row.isTombstone else { return nil }
            return entry(key, row)
        }
    }

    mutating func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) throws(StoreError) -> ScanPage {
        advance()
        let from = try cursor.position(in: range).map(place)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        let map = readable
        var position = start(of: range, reverse: options.reverse, after: from, in: map)
        while let (place, row) = options.reverse ? map.previous(&position) : map.next(&position) {
            guard range.contains(place.key) else {
                // An unordered partition has no bounds, so the first stranger ends the range in either direction.
                break
            }
            builder.append(place.key, value: row.value, nonce: row.nonce, isTombstone: row.isTombstone)
            if builder.isFull { return builder.page(cursor: Cursor(after: place.key)) }
        }
        return builder.page(cursor: nil)
    }

    private func start(
        of range: KeyRange,
        reverse: Bool,
        after place: MemoryPlace?,
        in map: SortedMap<MemoryPlace, Row>
    ) -> SortedMap<MemoryPlace, Row>.Position {
        if let place { return reverse ? map.lowerBound(of: place) : map.upperBound(of: place) }
        // Everything before the range is exactly what sorts before it; for its far end, what is before or in it.
        return map.bound { other in reverse ? isBeforeEnd(other, of: range) : isBeforeStart(other, of: range) }
    }

    private func isBeforeStart(_ place: MemoryPlace, of range: KeyRange) -> Bool {
        if place.key.space != range.space { return place.key.space < range.space }
        switch range.extent {
        case .all: return false
        case .partitions(let lower, _): return lower.map { ByteOrder.precedes(place.key.partition, $0) } ?? false
        case .keys(let partition, let lower, _):
            guard place.key.partition == partition else {
                return place.isBefore(partition: partition, of: range.space, order: order)
            }
            return lower.map { ByteOrder.precedes(place.key.bytes, $0) } ?? false
        }
    }

    private func isBeforeEnd(_ place: MemoryPlace, of range: KeyRange) -> Bool {
        if place.key.space != range.space { return place.key.space < range.space }
        switch range.extent {
        case .all: return true
        case .partitions(_, let upper): return upper.map { ByteOrder.precedes(place.key.partition, $0) } ?? true
        case .keys(let partition, _, let upper):
            guard place.key.partition == partition else {
                return place.isBefore(partition: partition, of: range.space, order: order)
            }
            return upper.map { ByteOrder.precedes(place.key.bytes, $0) } ?? true
        }
    }

    mutating func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) throws(StoreError) -> PartitionPage {
        advance()
        let map = readable
        let range = KeyRange.all(in: space)
        var last = try cursor.partitionPosition(in: space)
        var found: [[UInt8]] = []
        while found.count < limit {
            var position = map.bound { other in
                guard let last else { return isBeforeStart(other, of: range) }
                return other.isBefore(partition: last, of: space, order: order)
                    || (other.key.space == space && other.key.partition == last)
            }
            guard let (place, _) = map.next(&position), place.key.space == space else {
                return PartitionPage(partitions: found, cursor: nil)
            }
            found.append(place.key.partition)
            last = place.key.partition
        }
        return PartitionPage(partitions: found, cursor: last.map { Cursor(afterPartition: $0, in: space) })
    }
}

// MARK: - Writing

extension MemoryState {
    /// Applies a validated batch, or throws and changes nothing.
    mutating func write(_ batch: WriteBatch, id: WriteID, now: Duration) throws(StoreError) -> WriteReceipt {
        advance()
        for bin in Set(batch.operations.map { binIndex(of: $0.key.partition) }) {
            try admitted(by: bin, now: now).admit(epoch: batch.epoch)
        }
        let conflicts = batch.operations.compactMap(conflict)
        guard conflicts.isEmpty else { throw .preconditionFailed(conflicts) }
        var sums: [Int64?] = []
        for operation in batch.operations { sums.append(try sum(operation)) }

        var receipt = WriteReceipt([])
        for (operation, sum) in zip(batch.operations, sums) {
            receipt.outcomes.append(apply(operation, sum: sum, id: id))
        }
        if let mark = batch.mark { leave(mark, for: batch) }
        return receipt
    }

    private func conflict(_ operation: WriteBatch.Operation) -> StoreError.Conflict? {
        guard operation.precondition != nil else { return nil }
        return operation.conflict(with: rows[place(operation.key)].map { entry(operation.key, $0) })
    }

    private func sum(_ operation: WriteBatch.Operation) throws(StoreError) -> Int64? {
        guard case .add(let amount) = operation.action else { return nil }
        let row = rows[place(operation.key)]
        let value = row.flatMap { $0.isTombstone ? nil : $0.value }
        return try Counter.sum(of: value, and: amount, at: operation.key)
    }

    private mutating func apply(
        _ operation: WriteBatch.Operation,
        sum: Int64?,
        id: WriteID
    ) -> WriteReceipt.Outcome {
        let place = place(operation.key)
        var outcome = WriteReceipt.Outcome()
        switch operation.action {
        case .put(let value): rows[place] = Row(value: value, nonce: id.nonce, isTombstone: false)
        case .bury: rows[place] = Row(value: [], nonce: id.nonce, isTombstone: true)
        case .add:
            rows[place] = Row(value: Counter.encode(sum ?? 0), nonce: id.nonce, isTombstone: false)
            outcome.sum = sum
        case .delete:
            if profile.capabilities.reportsDeletes { outcome.existed = rows[place].map { !$0.isTombstone } ?? false }
            rows[place] = nil
        case .check: return outcome
        }
        if profile.capabilities.changeFeed { feed.append(operation.key) }
        if operation.action != .delete { outcome.revision = revision(operation.key, id.nonce) }
        if profile.staleness > 0 { pending.append((tick + profile.staleness, place)) }
        return outcome
    }
}

// MARK: - Fences and marks

extension MemoryState {
    static func bins(of profile: MemoryProfile) -> [Bin] { (0..<profile.bins).map { Bin("bin-\($0)") } }

    private func binIndex(of partition: [UInt8]) -> Int {
        profile.bins == 1 ? 0 : Int(MemoryPlace.scatter(partition) % UInt64(profile.bins))
    }

    private func index(of bin: Bin) throws(StoreError) -> Int {
        guard let index = MemoryState.bins(of: profile).firstIndex(of: bin) else {
            throw .noSuchBin(bin)
        }
        return index
    }

    private mutating func admitted(by bin: Int, now: Duration) -> Fence {
        guard case .leased(let lease) = profile.capabilities.fencing else { return fences[bin] }
        if now - copies[bin].readAt >= lease { copies[bin] = (fences[bin], now) }
        return copies[bin].fence
    }

    func fence(of bin: Bin) throws(StoreError) -> Fence { fences[try index(of: bin)] }

    mutating func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) throws(StoreError) {
        let index = try index(of: bin)
        try fences[index].allow(fence, expecting: expected)
        fences[index] = fence
    }

    private mutating func leave(_ mark: MarkID, for batch: WriteBatch) {
        let written = batch.operations.filter { $0.action != .check }.map(\.key)
        for (bin, keys) in Dictionary(grouping: written, by: { binIndex(of: $0.partition) }) {
            marks[bin][mark] = keys
        }
    }

    func marks(in bin: Bin, limit: Int, after cursor: Cursor?) throws(StoreError) -> MarkPage {
        let map = marks[try index(of: bin)]
        let last = try cursor.markPosition()
        var position = map.bound { other in last.map { other <= $0 } ?? false }
        var found: [Mark] = []
        while found.count < limit {
            guard let (id, keys) = map.next(&position) else { return MarkPage(marks: found, cursor: nil) }
            found.append(Mark(id: id, keys: keys))
        }
        return MarkPage(marks: found, cursor: found.last.map { Cursor(after: $0.id) })
    }

    mutating func clearMarks(_ ids: [MarkID], in bin: Bin) throws(StoreError) {
        let index = try index(of: bin)
        for id in ids { marks[index][id] = nil }
    }
}
