import KeyValue

/// How far the copying of one range has come. Workers share ranges by leases; the token of the lease says whose word
/// is the last.
struct RangeRecord: Hashable, Sendable {
    private static let format: UInt8 = 1
    private static let cursorBytesMax = 65_536

    /// The space whose keys the range spans.
    var space: KeySpace
    /// The fencing token of the lease under which the record was written.
    var token: UInt64
    /// Whether the range has been copied to its end.
    var isCopied: Bool
    /// Where to go on; nil for the beginning, and when the range has been copied.
    var cursor: Cursor?
    /// How many rows were read up to there.
    var rows: UInt64
    /// How many bytes of keys and values they had.
    var bytes: UInt64
    /// What kept the worker from being faster when it wrote the record.
    var limit: Throttle.Reason

    init(space: KeySpace, token: UInt64 = 0) {
        self.space = space
        self.token = token
        isCopied = false
        cursor = nil
        rows = 0
        bytes = 0
        limit = .none
    }

    /// Format 1: the byte 1; the space as a byte; the token; a flag; the cursor's bytes with a 32-bit length before
    /// them, none for no cursor; rows and bytes; the limit as a byte.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: RangeRecord.format)
        writer.append(byte: space.rawValue)
        writer.append(integer: token)
        writer.append(flag: isCopied)
        writer.append(string: cursor?.bytes ?? [])
        writer.append(integer: rows)
        writer.append(integer: bytes)
        writer.append(byte: limit.rawValue)
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(RangeRecord.format)
        guard let space = reader.byte().flatMap(KeySpace.init(rawValue:)), let token = reader.integer(),
            let isCopied = reader.flag(), let cursor = reader.string(), cursor.count <= RangeRecord.cursorBytesMax,
            let rows = reader.integer(), let bytes = reader.integer(),
            let limit = reader.byte().flatMap(Throttle.Reason.init(rawValue:)), reader.isAtEnd
        else { throw .damagedControl }
        self.init(space: space, token: token)
        self.isCopied = isCopied
        self.cursor = cursor.isEmpty ? nil : Cursor(bytes: cursor)
        self.rows = rows
        self.bytes = bytes
        self.limit = limit
    }
}
