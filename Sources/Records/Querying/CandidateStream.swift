import KeyValue

/// What a scan delivers: where it is in the plan's order, and what was found there.
struct Candidate: Sendable {
    var position: [UInt8]
    var partition: [UInt8]
    /// What the key begins with, before the position.
    var prefix: [UInt8]
    /// The record's row, if records are scanned; empty for an entry of an index.
    var value: [UInt8]
}

/// Reads one range of a plan, a page at a time.
struct RangeStream: Sendable {
    private let range: QueryPlan.Range
    private let reverse: Bool
    private let keysOnly: Bool
    private var lower: [UInt8]
    private var upper: [UInt8]
    private var page: ArraySlice<Candidate> = []
    private var isAtEnd = false

    init(_ range: QueryPlan.Range, after position: [UInt8]?, reverse: Bool, keysOnly: Bool) {
        self.range = range
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

    /// The next candidate, which stays; nil at the end.
    mutating func head(_ store: any KeyValueStore, _ limit: Int, _ examined: inout Int) async throws -> Candidate? {
        while page.isEmpty, !isAtEnd {
            guard ByteOrder.precedes(lower, upper) else {
                isAtEnd = true
                break
            }
            let keys = KeyRange.partition(range.partition, from: range.prefix + lower, to: range.prefix + upper)
            let options = ScanOptions(limit: limit, keysOnly: keysOnly, reverse: reverse)
            let found = try await store.scan(keys, options, after: nil)
            examined += found.examined
            page =
                found.map { row in
                    Candidate(
                        position: Array(row.keyBytes.dropFirst(range.prefix.count)),
                        partition: range.partition,
                        prefix: range.prefix,
                        value: keysOnly ? [] : Array(row.value)
                    )
                }[...]
            if found.cursor == nil {
                isAtEnd = true
            } else if let last = page.last {
                pass(last.position)
            } else if let cursor = found.cursor {
                // A page of nothing but tombstones: only the store's own cursor says where it ended.
                pass(Array(try cursor.position(in: keys).bytes.dropFirst(range.prefix.count)))
            }
        }
        return page.first
    }

    mutating func advance() { page = page.dropFirst() }
}

/// Merges the ranges of a union: each position once, in order.
struct UnionStream: Sendable {
    private var streams: [RangeStream]
    private let reverse: Bool

    init(_ union: QueryPlan.Union, after position: [UInt8]?, reverse: Bool) {
        streams = union.ranges.map {
            RangeStream($0, after: position, reverse: reverse, keysOnly: union.index != nil)
        }
        self.reverse = reverse
    }

    mutating func head(_ store: any KeyValueStore, _ limit: Int, _ examined: inout Int) async throws -> Candidate? {
        var best: Candidate?
        for index in streams.indices {
            guard let head = try await streams[index].head(store, limit, &examined) else { continue }
            if let known = best {
                let order = ByteOrder.compare(head.position, known.position)
                if reverse ? order > 0 : order < 0 { best = head }
            } else {
                best = head
            }
        }
        return best
    }

    /// Goes on behind a position, which is that of the head.
    mutating func advance(past position: [UInt8], _ store: any KeyValueStore, _ limit: Int) async throws {
        var ignored = 0
        for index in streams.indices {
            if try await streams[index].head(store, limit, &ignored)?.position == position { streams[index].advance() }
        }
    }
}
