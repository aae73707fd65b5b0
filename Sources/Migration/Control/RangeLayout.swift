import KeyValue

/// Into which ranges a source is split for copying. It is laid down once, by whichever worker comes first.
struct RangeLayout: Hashable, Sendable {
    private static let format: UInt8 = 2
    static let rangesMax = 64
    private static let boundBytesMax = 65_536

    /// What each range of records spans. Everything else that travels is one range.
    private(set) var extents: [KeyRange.Extent]

    /// All in one range.
    static let whole = RangeLayout(extents: [.all])

    private init(extents: [KeyRange.Extent]) { self.extents = extents }

    /// Whether each key that there may be lies in one of the ranges, and not only those of the partitions that there were.
    var spansEverything: Bool {
        if case .keys = extents.first { false } else { true }
    }

    /// The ranges, in the order of their numbers.
    var ranges: [KeyRange] {
        extents.map { KeyRange(extent: $0) } + StoreRows.spaces.filter { $0 != .records }.map { .all(in: $0) }
    }

    /// Format 2: the byte 2; the number of extents; each of them as a byte, 0 for everything, 1 for partitions, 2 for keys;
    /// behind a 2 the partition; behind a 1 or 2 the two bounds, empty for an open one. Each has a 32-bit length before it.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: RangeLayout.format)
        writer.append(integer: UInt64(extents.count))
        for extent in extents {
            switch extent {
            case .all: writer.append(byte: 0)
            case .partitions(let lower, let upper):
                writer.append(byte: 1)
                for bound in [lower, upper] { writer.append(string: bound ?? []) }
            case .keys(let partition, let lower, let upper):
                writer.append(byte: 2)
                for bound in [partition, lower, upper] { writer.append(string: bound ?? []) }
            }
        }
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(RangeLayout.format)
        guard let count = reader.integer(), (1...UInt64(RangeLayout.rangesMax)).contains(count) else {
            throw .damagedControl
        }
        extents = []
        for _ in 0..<count {
            guard let kind = reader.byte(), kind <= 2 else { throw .damagedControl }
            var bounds: [[UInt8]?] = []
            for _ in 0..<(kind == 0 ? 0 : kind + 1) {
                guard let bound = reader.string(), bound.count <= RangeLayout.boundBytesMax else {
                    throw .damagedControl
                }
                bounds.append(bound.isEmpty ? nil : bound)
            }
            switch kind {
            case 0: extents.append(.all)
            case 1: extents.append(.partitions(lower: bounds[0], upper: bounds[1]))
            default:
                guard let partition = bounds[0] else { throw .damagedControl }
                extents.append(.keys(partition: partition, lower: bounds[1], upper: bounds[2]))
            }
        }
        guard reader.isAtEnd else { throw .damagedControl }
    }
}

// MARK: - Splitting

extension RangeLayout {
    /// A partition, and where it may be split.
    struct Piece: Hashable, Sendable {
        var partition: [UInt8]
        /// Keys that split it into about equal parts, each of which is worth a range; nil for a small one.
        var cuts: [[UInt8]]?

        init(_ partition: [UInt8], cuts: [[UInt8]]? = nil) {
            self.partition = partition
            self.cuts = cuts
        }
    }

    /// A place at which a range may begin: a partition's first key, or one behind it.
    private struct Place: Hashable {
        var partition: [UInt8]
        var key: [UInt8] = []
    }

    /// Fewer small partitions are not worth a lease.
    private static let partitionsOfRangeMin = 64

    /// Splits a source that is read in this order into about so many ranges.
    ///
    /// - Parameter pieces: its partitions, in ascending order if the source has one.
    init(of pieces: [Piece], _ order: KeyOrder, ranges: Int) {
        let places = order == .store ? RangeLayout.places(pieces, min(ranges, RangeLayout.rangesMax / 4)) : []
        if order < .store, (1...ranges).contains(pieces.count) {
            let share = max(1, ranges / pieces.count)
            extents = pieces.flatMap { RangeLayout.extents(of: $0.partition, RangeLayout.choose(share, of: $0.cuts)) }
        } else {
            extents = []
        }
        // Between two neighbours lie whole partitions, or keys of one.
        let lowers: [Place?] = [nil] + places
        let uppers: [Place?] = places + [nil]
        for (lower, upper) in zip(lowers, uppers) where !places.isEmpty {
            switch (lower, upper) {
            case (let lower?, let upper) where !lower.key.isEmpty || upper?.partition == lower.partition:
                let end = upper.flatMap { $0.partition == lower.partition ? $0.key : nil }
                extents.append(
                    .keys(partition: lower.partition, lower: lower.key.isEmpty ? nil : lower.key, upper: end)
                )
            default: extents.append(.partitions(lower: lower?.partition, upper: upper?.partition))
            }
        }
        if extents.count < 2 { extents = [.all] }
    }

    private static func extents(of partition: [UInt8], _ keys: [[UInt8]]) -> [KeyRange.Extent] {
        let lowers: [[UInt8]?] = [nil] + keys
        let uppers: [[UInt8]?] = keys + [nil]
        return zip(lowers, uppers).map { .keys(partition: partition, lower: $0, upper: $1) }
    }

    /// Evenly chosen cuts, one fewer than parts.
    private static func choose(_ parts: Int, of cuts: [[UInt8]]?) -> [[UInt8]] {
        guard let cuts else { return [] }
        let count = min(parts, cuts.count + 1)
        return (1..<max(1, count)).map { cuts[(cuts.count + 1) * $0 / count - 1] }
    }

    /// The places at which a range begins but the first, in ascending order. Where one lies inside of a partition, so do
    /// the partition's beginning and the place behind it.
    private static func places(_ pieces: [Piece], _ ranges: Int) -> [Place] {
        var candidates: [(place: Place, weight: Int)] = []
        for piece in pieces {
            candidates.append((Place(partition: piece.partition), piece.cuts == nil ? 1 : partitionsOfRangeMin))
            for key in piece.cuts ?? [] {
                candidates.append((Place(partition: piece.partition, key: key), partitionsOfRangeMin))
            }
        }
        let total = candidates.reduce(0) { $0 + $1.weight }
        let count = min(ranges, total / partitionsOfRangeMin)
        var (found, number, before): ([Place], Int, Int) = ([], 1, 0)
        for (place, weight) in candidates {
            if number < count, before >= total * number / count {
                number = before * count / total + 1
                if let last = found.last, !last.key.isEmpty, last.partition != place.partition {
                    found.append(Place(partition: last.partition + [0]))
                }
                if !place.key.isEmpty, found.last?.partition != place.partition {
                    found.append(Place(partition: place.partition))
                }
                if found.last != place { found.append(place) }
            }
            before += weight
        }
        if let last = found.last, !last.key.isEmpty { found.append(Place(partition: last.partition + [0])) }
        return found
    }
}

extension RangeLayout {
    private static let partitionsListedMax = 262_144

    /// Splits a source between its partitions, and large partitions between their keys, as far as it is read in order:
    /// evenly by what is found at no more cost than a ``KeySampler`` has. A source of many partitions that can't be read
    /// from one to the next stays whole.
    init(of source: any KeyValueStore, ranges: Int = 16) async throws(StoreError) {
        let order = source.capabilities.order
        let listedMax = order == .store ? RangeLayout.partitionsListedMax : ranges + 1
        var partitions: [[UInt8]] = []
        var cursor: Cursor?
        repeat {
            let page = try await source.partitions(in: .records, limit: min(4_096, listedMax), after: cursor)
            partitions += page.partitions
            cursor = page.cursor
        } while cursor != nil && partitions.count < listedMax
        var sampler = KeySampler(source)
        let pieces = try await sampler.pieces(of: partitions)
        self.init(of: pieces, order, ranges: ranges)
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
