import KeyValue

/// Into which ranges a source is split for copying. It is laid down once, by whichever worker comes first.
struct RangeLayout: Hashable, Sendable {
    private static let format: UInt8 = 1
    static let rangesMax = 64
    private static let partitionBytesMax = 65_536

    /// The partitions at which a new range of records begins, in ascending order. Everything else that travels is one
    /// range.
    var bounds: [[UInt8]]

    /// The ranges, in the order of their numbers.
    var ranges: [KeyRange] {
        let lowers: [[UInt8]?] = [nil] + bounds
        let uppers: [[UInt8]?] = bounds + [nil]
        let records = zip(lowers, uppers).map { lower, upper in
            lower == nil && upper == nil
                ? KeyRange.all(in: .records) : KeyRange(extent: .partitions(lower: lower, upper: upper))
        }
        return records + StoreRows.spaces.filter { $0 != .records }.map { .all(in: $0) }
    }

    /// Format 1: the byte 1; the number of bounds; each of them with a 32-bit length before it.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: RangeLayout.format)
        writer.append(integer: UInt64(bounds.count))
        for bound in bounds { writer.append(string: bound) }
        return writer.bytes
    }

    init(bounds: [[UInt8]]) { self.bounds = bounds }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(RangeLayout.format)
        guard let count = reader.integer(), count < RangeLayout.rangesMax else { throw .damagedControl }
        var bounds: [[UInt8]] = []
        for _ in 0..<count {
            guard let bound = reader.string(), !bound.isEmpty, bound.count <= RangeLayout.partitionBytesMax else {
                throw .damagedControl
            }
            bounds.append(bound)
        }
        guard reader.isAtEnd else { throw .damagedControl }
        self.init(bounds: bounds)
    }
}

extension RangeLayout {
    private static let partitionsListedMax = 262_144
    /// A range of less is not worth a lease.
    private static let partitionsOfRangeMin = 64

    /// Splits a source between its partitions, evenly by their number. A store that can't read from one partition to
    /// another stays whole, and so do the keys of one partition.
    init(of source: any KeyValueStore, ranges: Int = 16) async throws(StoreError) {
        bounds = []
        guard source.capabilities.order == .store else { return }
        var partitions: [[UInt8]] = []
        var cursor: Cursor?
        repeat {
            let page = try await source.partitions(in: .records, limit: 4_096, after: cursor)
            partitions += page.partitions
            cursor = page.cursor
        } while cursor != nil && partitions.count < RangeLayout.partitionsListedMax
        let count = min(ranges, RangeLayout.rangesMax, partitions.count / RangeLayout.partitionsOfRangeMin)
        guard count > 1 else { return }
        bounds = (1..<count).map { partitions[partitions.count * $0 / count] }
    }
}

extension ControlStore {
    private static let layout = "layout"

    /// The layout that was laid down; nil when there is none.
    func readLayout() async throws(StoreError) -> RangeLayout? {
        guard let entry = try await store.get(key(ControlStore.layout)) else { return nil }
        return try RangeLayout(encoded: entry.value)
    }

    /// The layout that was laid down, by whoever it was.
    func layout(of source: any KeyValueStore) async throws(StoreError) -> RangeLayout {
        if let layout = try await readLayout() { return layout }
        _ = try await put(try await RangeLayout(of: source).encoded, at: key(ControlStore.layout), if: .absent)
        guard let layout = try await readLayout() else { throw .damagedControl }
        return layout
    }
}
