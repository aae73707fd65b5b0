import KeyValue

/// What a scan delivers: where it is in the plan's order, and what was found there.
struct Candidate: Sendable {
    var position: [UInt8]
    /// Which of the source's ranges it is of.
    var range: Int
    /// The record's row, if records are scanned; empty for an entry of an index.
    var value: [UInt8]
}

/// Reads one range of a plan, a page at a time.
struct RangeStream: Sendable {
    private let range: QueryPlan.Range
    private let number: Int
    private let reverse: Bool
    private let keysOnly: Bool
    private var lower: [UInt8]
    private var upper: [UInt8]
    private var page: [Candidate] = []
    private var next = 0
    private var isAtEnd = false

    init(_ range: QueryPlan.Range, _ number: Int, after position: [UInt8]?, reverse: Bool, keysOnly: Bool) {
        self.range = range
        self.number = number
        self.reverse = reverse
        self.keysOnly = keysOnly
        lower = range.lower
        upper = range.upper
        if let position { pass(position) }
    }

    private mutating func pass(_ position: [UInt8]) {
        if reverse {
            if ByteOrder.precedes(position, upper) { upper = position }
        } else if !ByteOrder.precedes(position, lower) {
            lower = position + [0]
        }
    }

    /// Whether the next candidate has to be read first.
    var isDry: Bool { next == page.count && !isAtEnd }

    /// The next candidate, which stays; nil at the end.
    var head: Candidate? { hasHead ? page[next] : nil }

    var hasHead: Bool { next < page.count }

    func isAt(_ position: [UInt8]) -> Bool {
        hasHead && ByteOrder.compare(page[next].position, position) == 0
    }

    /// How the heads of two ranges compare, both of which have one.
    func order(beside other: RangeStream) -> Int {
        ByteOrder.compare(page[next].position, other.page[other.next].position)
    }

    mutating func advance() { next += 1 }

    /// Reads until there is a candidate or no more.
    mutating func fill(_ store: any KeyValueStore, _ limit: Int, _ examined: inout Int) async throws {
        while isDry {
            guard ByteOrder.precedes(lower, upper) else {
                isAtEnd = true
                return
            }
            let keys = KeyRange.partition(range.partition, from: range.prefix + lower, to: range.prefix + upper)
            let options = ScanOptions(limit: limit, keysOnly: keysOnly, reverse: reverse)
            let found = try await store.scan(keys, options, after: nil)
            examined += found.examined
            take(found)
            if found.cursor == nil {
                isAtEnd = true
            } else if let last = page.last {
                pass(last.position)
            } else if let cursor = found.cursor {
                // A page of nothing but tombstones: only the store's own cursor says where it ended.
                pass(Array(try cursor.position(in: keys).bytes.dropFirst(range.prefix.count)))
            }
        }
    }

    private mutating func take(_ found: ScanPage) {
        page.removeAll(keepingCapacity: true)
        page.reserveCapacity(found.count)
        next = 0
        for row in found {
            let position = Array(row.keyBytes.dropFirst(range.prefix.count))
            page.append(Candidate(position: position, range: number, value: keysOnly ? [] : Array(row.value)))
        }
    }
}

/// Merges the ranges of a union: each position once, in order.
struct UnionStream: Sendable {
    private var streams: [RangeStream]
    private let reverse: Bool

    init(_ union: QueryPlan.Union, after position: [UInt8]?, reverse: Bool) {
        streams = union.ranges.enumerated().map { number, range in
            RangeStream(range, number, after: position, reverse: reverse, keysOnly: !union.indexes.isEmpty)
        }
        self.reverse = reverse
    }

    var isDry: Bool { streams.contains { $0.isDry } }

    /// Reads on wherever nothing is left.
    ///
    /// - Parameters:
    ///   - wanted: How many candidates are wanted of all ranges together.
    ///   - most: How many rows of one range are read at once at most.
    ///   - examined: Grows by how many rows were looked at.
    mutating func fill(_ store: any KeyValueStore, _ wanted: Int, most: Int, _ examined: inout Int) async throws {
        let limit = min(share(of: wanted), most)
        for index in streams.indices where streams[index].isDry {
            try await streams[index].fill(store, limit, &examined)
        }
    }

    /// How many rows to read of each range. Ranges that share candidates by chance, as shards do, rarely have more than
    /// their part of them and two standard deviations. Where one has them all, it is read again and again: no more often
    /// than there are ranges.
    private func share(of wanted: Int) -> Int {
        guard streams.count > 1 else { return wanted }
        let mean = Double(wanted) / Double(streams.count)
        return Int((mean + 2 * mean.squareRoot()).rounded(.up)) + 1
    }

    /// The next candidate, which stays; nil at the end. The stream is not dry.
    var head: Candidate? {
        // In place, since a stream that is copied out of the array costs more than what it is compared by.
        streams.withUnsafeBufferPointer { streams in
            var best: Int?
            for index in streams.indices where streams[index].hasHead {
                guard let known = best else {
                    best = index
                    continue
                }
                let order = streams[index].order(beside: streams[known])
                if reverse ? order > 0 : order < 0 { best = index }
            }
            return best.flatMap { streams[$0].head }
        }
    }

    /// Goes on behind a position, which is that of the head.
    mutating func advance(past position: [UInt8]) {
        streams.withUnsafeMutableBufferPointer { streams in
            for index in streams.indices where streams[index].isAt(position) { streams[index].advance() }
        }
    }
}
