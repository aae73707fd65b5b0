import KeyValue

/// Makes the bytes of a dump: its header, blocks of rows, and the end.
struct DumpEncoder {
    private let compression: Compression
    private let level: Int
    private var raw: [UInt8] = []
    private var rows: UInt32 = 0
    private var check: UInt128 = 0
    private(set) var summary = DumpSummary()
    /// The bytes that come before the first block.
    let header: [UInt8]

    init(_ header: DumpHeader, level: Int) throws(StoreError) {
        compression = try Compression()
        self.level = level
        var flags: UInt32 = 0
        if header.isSnapshot { flags |= DumpFormat.Flags.isSnapshot }
        if header.includesTombstones { flags |= DumpFormat.Flags.includesTombstones }
        if header.isOrdered { flags |= DumpFormat.Flags.isOrdered }
        var name = header.system[...]
        while name.utf8.count > 255 { name.removeLast() }
        var bytes = DumpFormat.magic
        bytes.append(littleEndian: DumpFormat.version)
        bytes.append(littleEndian: flags)
        bytes.append(littleEndian: header.createdSeconds)
        bytes.append(UInt8(truncatingIfNeeded: name.utf8.count))
        bytes += name.utf8
        check = DumpFormat.check(bytes[...], after: 0)
        bytes.append(littleEndian: check)
        self.header = bytes
    }

    /// Takes in a row; a block when there is enough for one.
    mutating func append(_ row: Row) throws(StoreError) -> [UInt8]? {
        let bytes = row.byteCount + RowCoding.headBytes
        guard bytes <= DumpFormat.rawBytesMax else {
            throw .tooLarge("dumpRowBytesMax", bytes, DumpFormat.rawBytesMax)
        }
        // A large row is a block by itself, so that no block goes beyond the limit.
        var block: [UInt8]?
        if raw.count + bytes > DumpFormat.blockBytesWanted { block = try endBlock() }
        try RowCoding.append(row, to: &raw)
        rows += 1
        return block
    }

    /// The last block, if there is one, and the end.
    mutating func finish() throws(StoreError) -> [UInt8] {
        var bytes = try endBlock() ?? []
        var end = [DumpFormat.Kind.end]
        end.append(littleEndian: summary.blocks)
        end.append(littleEndian: summary.rows)
        end.append(littleEndian: summary.rawBytes)
        bytes += sealed(end)
        return bytes
    }

    /// The block that was begun, if there is one.
    mutating func endBlock() throws(StoreError) -> [UInt8]? {
        guard !raw.isEmpty else { return nil }
        let stored = try compression.compress(raw, level: level)
        var block = [DumpFormat.Kind.rows]
        block.reserveCapacity(stored.count + 64)
        block.append(littleEndian: summary.blocks)
        block.append(littleEndian: rows)
        block.append(littleEndian: UInt32(truncatingIfNeeded: raw.count))
        block.append(littleEndian: UInt32(truncatingIfNeeded: stored.count))
        block += stored
        summary.blocks += 1
        summary.rows += UInt64(rows)
        summary.rawBytes += UInt64(raw.count)
        raw.removeAll(keepingCapacity: true)
        rows = 0
        return sealed(block)
    }

    /// The bytes with their check, which the next one's depends on.
    private mutating func sealed(_ bytes: [UInt8]) -> [UInt8] {
        check = DumpFormat.check(bytes[...], after: check)
        var bytes = bytes
        bytes.append(littleEndian: check)
        return bytes
    }
}
