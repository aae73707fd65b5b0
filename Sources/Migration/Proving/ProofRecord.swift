import KeyValue

/// A proof that both stores hold the same: each store is gone through once, in ranges that workers share, and every row
/// of it is compared with that of the other.
struct ProofRecord: Hashable, Sendable {
    /// What one worker goes through.
    struct Part: Hashable, Sendable {
        var side: Side
        var keys: KeyRange
    }

    private static let format: UInt8 = 2

    /// Drawn for each proof: what was proven of a range counts for this one alone.
    var number: UInt64
    /// Into which ranges each store is split.
    var source: RangeLayout
    var target: RangeLayout
    /// When it was begun, in milliseconds since 1970.
    var began: UInt64
    /// When it came to its end; nil before.
    var ended: UInt64?
    /// What was gone through, once it has ended.
    var totals = ProofTotals()

    /// What there is to go through, in the order of their numbers.
    var parts: [Part] {
        source.ranges.map { Part(side: .source, keys: $0) } + target.ranges.map { Part(side: .target, keys: $0) }
    }

    /// The numbers of all parts, those of source and target by turns.
    var order: [UInt64] {
        let (sources, targets) = (source.ranges.count, target.ranges.count)
        return (0..<max(sources, targets)).flatMap { place in
            (place < sources ? [UInt64(place)] : []) + (place < targets ? [UInt64(sources + place)] : [])
        }
    }

    init(number: UInt64, source: RangeLayout, target: RangeLayout, began: UInt64) {
        self.number = number
        self.source = source
        self.target = target
        self.began = began
    }

    /// Format 2: the byte 2; the number; both layouts, each with a 32-bit length before it; when it began; a flag, and
    /// when it ended if it has; three numbers.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ProofRecord.format)
        writer.append(integer: number)
        writer.append(string: source.encoded)
        writer.append(string: target.encoded)
        writer.append(integer: began)
        writer.append(limit: ended)
        for number in [totals.records, totals.targetRecords, totals.moved] { writer.append(integer: number) }
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(ProofRecord.format)
        guard let number = reader.integer(), let source = reader.string(), let target = reader.string(),
            let began = reader.integer(), let ended = reader.limit(), let records = reader.integer(),
            let targetRecords = reader.integer(), let moved = reader.integer(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(
            number: number,
            source: try RangeLayout(encoded: source),
            target: try RangeLayout(encoded: target),
            began: began
        )
        self.ended = ended
        totals = ProofTotals(records: records, targetRecords: targetRecords, moved: moved)
    }
}

/// What parts of a proof have gone through.
struct ProofTotals: Hashable, Sendable {
    /// How many rows of the source were compared, and how many of the target.
    var records: UInt64 = 0
    var targetRecords: UInt64 = 0
    /// How many of them seemed to differ at first.
    var moved: UInt64 = 0
}

/// How far one part of a proof has come.
struct ProofRange: Hashable, Sendable {
    private static let format: UInt8 = 1
    private static let cursorBytesMax = 65_536

    /// The proof's number.
    var proof: UInt64
    /// The fencing token of the lease under which the record was written.
    var token: UInt64
    /// Where to go on; nil for the beginning and the end.
    var cursor: Cursor?
    /// Whether the part has been gone through.
    var isThrough = false
    /// How many rows were compared.
    var rows: UInt64 = 0
    /// How many of them seemed to differ at first, since somebody was writing.
    var moved: UInt64 = 0

    init(proof: UInt64, token: UInt64) {
        self.proof = proof
        self.token = token
    }

    /// Format 1: the byte 1; the proof's number; the token; the cursor's bytes with a 32-bit length before them, none for no
    /// cursor; a flag; two numbers.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ProofRange.format)
        writer.append(integer: proof)
        writer.append(integer: token)
        writer.append(string: cursor?.bytes ?? [])
        writer.append(flag: isThrough)
        writer.append(integer: rows)
        writer.append(integer: moved)
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(ProofRange.format)
        guard let proof = reader.integer(), let token = reader.integer(), let cursor = reader.string(),
            cursor.count <= ProofRange.cursorBytesMax, let isThrough = reader.flag(), let rows = reader.integer(),
            let moved = reader.integer(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(proof: proof, token: token)
        self.cursor = cursor.isEmpty ? nil : Cursor(bytes: cursor)
        self.isThrough = isThrough
        self.rows = rows
        self.moved = moved
    }
}
