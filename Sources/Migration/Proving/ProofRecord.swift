import KeyValue

/// How far the proof has come that both stores hold the same: each store is gone through once, and every row of it is
/// compared with that of the other.
struct ProofRecord: Hashable, Sendable {
    /// Where the proof is: which store is gone through, and what of it.
    struct Place: Hashable, Sendable {
        var side: Side
        var space: KeySpace
        var cursor: Cursor?

        /// Where a proof begins.
        static let beginning = Place(side: .source, space: StoreRows.spaces[0], cursor: nil)

        /// The place behind a page; nil at the end of everything.
        func next(_ cursor: Cursor?) -> Place? {
            if let cursor { return Place(side: side, space: space, cursor: cursor) }
            if let index = StoreRows.spaces.firstIndex(of: space), index + 1 < StoreRows.spaces.count {
                return Place(side: side, space: StoreRows.spaces[index + 1], cursor: nil)
            }
            return side == .source ? Place(side: .target, space: StoreRows.spaces[0], cursor: nil) : nil
        }
    }

    private static let format: UInt8 = 1
    fileprivate static let cursorBytesMax = 65_536

    /// The fencing token of the lease under which the record was written.
    var token: UInt64
    /// Where to go on; nil once everything has been gone through.
    var place: Place? = .beginning
    /// How many rows of the source were compared.
    var records: UInt64 = 0
    /// How many rows of the target were compared.
    var targetRecords: UInt64 = 0
    /// How many of them seemed to differ at first, since somebody was writing.
    var moved: UInt64 = 0
    /// When it was begun, in milliseconds since 1970.
    var began: UInt64
    /// When it came to its end; 0 before.
    var ended: UInt64 = 0

    init(token: UInt64, began: UInt64) {
        self.token = token
        self.began = began
    }

    /// Format 1: the byte 1; the token; a flag whether there is more to do, and if so the side and the space as bytes
    /// and the cursor's bytes with a 32-bit length before them, none for no cursor; five numbers.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ProofRecord.format)
        writer.append(integer: token)
        writer.append(flag: place != nil)
        if let place { writer.append(place: place) }
        for number in [records, targetRecords, moved, began, ended] { writer.append(integer: number) }
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(ProofRecord.format)
        guard let token = reader.integer(), let hasPlace = reader.flag() else { throw .damagedControl }
        var place: Place?
        if hasPlace {
            guard let found = reader.proofPlace() else { throw .damagedControl }
            place = found
        }
        guard let records = reader.integer(), let targetRecords = reader.integer(), let moved = reader.integer(),
            let began = reader.integer(), let ended = reader.integer(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(token: token, began: began)
        self.place = place
        self.records = records
        self.targetRecords = targetRecords
        self.moved = moved
        self.ended = ended
    }
}

extension KeyWriter {
    /// The side and the space as bytes, and the cursor's bytes with a 32-bit length before them, none for no cursor.
    mutating func append(place: ProofRecord.Place) {
        append(byte: place.side.rawValue)
        append(byte: place.space.rawValue)
        append(string: place.cursor?.bytes ?? [])
    }
}

extension KeyReader {
    mutating func proofPlace() -> ProofRecord.Place? {
        guard let side = byte().flatMap(Side.init(rawValue:)), let space = byte().flatMap(KeySpace.init(rawValue:)),
            let cursor = string(), cursor.count <= ProofRecord.cursorBytesMax
        else { return nil }
        return ProofRecord.Place(side: side, space: space, cursor: cursor.isEmpty ? nil : Cursor(bytes: cursor))
    }
}
