import KeyValue

/// The bytes of rows while they are sorted, in memory and in temporary files, and in the blocks of dumps, whose format
/// names them: they can't be changed without a new version of it.
///
/// A head of 14 bytes: the space, 1 for a tombstone or 0, and the lengths of partition, key and value as 32-bit
/// little-endian numbers. The three follow it.
enum RowCoding {
    static let headBytes = 14

    /// Where one encoded row has its parts.
    struct Head {
        let space: UInt8
        let isTombstone: Bool
        let partitionBytes: Int
        let keyBytes: Int
        let valueBytes: Int

        var rowBytes: Int { headBytes + partitionBytes + keyBytes + valueBytes }
    }

    /// How many bytes a row takes.
    static func byteCount(of row: Row) -> Int { headBytes + row.byteCount }

    static func append(_ row: Row, to bytes: inout [UInt8]) throws(StoreError) {
        bytes.append(row.key.space.rawValue)
        bytes.append(row.isTombstone ? 1 : 0)
        for count in [row.key.partition.count, row.key.bytes.count, row.value.count] {
            guard let length = UInt32(exactly: count) else { throw .tooLarge("sortedBytesMax", count, Int(UInt32.max)) }
            withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: row.key.partition)
        bytes.append(contentsOf: row.key.bytes)
        bytes.append(contentsOf: row.value)
    }

    /// The head at an offset; nil when there are too few bytes for one.
    static func head(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Head? {
        guard offset >= 0, bytes.count - offset >= headBytes else { return nil }
        func length(_ position: Int) -> Int {
            Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + position, as: UInt32.self)))
        }
        return Head(
            space: bytes[offset],
            isTombstone: bytes[offset + 1] == 1,
            partitionBytes: length(2),
            keyBytes: length(6),
            valueBytes: length(10)
        )
    }

    /// The row at an offset, and where the next begins; nil when the bytes do not hold a whole one.
    static func row(in bytes: UnsafeRawBufferPointer, at offset: Int) -> (row: Row, end: Int)? {
        guard let head = head(in: bytes, at: offset), bytes.count - offset >= head.rowBytes,
            let space = KeySpace(rawValue: head.space)
        else { return nil }
        let partition = offset + headBytes
        let key = partition + head.partitionBytes
        let value = key + head.keyBytes
        let end = value + head.valueBytes
        let address = Key(partition: Array(bytes[partition..<key]), bytes: Array(bytes[key..<value]), space: space)
        return (Row(key: address, value: Array(bytes[value..<end]), isTombstone: head.isTombstone), end)
    }

    /// Negative, zero or positive as the key of the row at `left` sorts before, with or after that at `right`. Both
    /// are offsets of whole rows.
    static func compareKeys(in bytes: UnsafeRawBufferPointer, _ left: Int, _ right: Int) -> Int {
        guard let leftHead = head(in: bytes, at: left), let rightHead = head(in: bytes, at: right) else { return 0 }
        if leftHead.space != rightHead.space { return Int(leftHead.space) - Int(rightHead.space) }
        let leftPartition = left + headBytes
        let rightPartition = right + headBytes
        let leftKey = leftPartition + leftHead.partitionBytes
        let rightKey = rightPartition + rightHead.partitionBytes
        let order = ByteOrder.compare(
            UnsafeRawBufferPointer(rebasing: bytes[leftPartition..<leftKey]),
            UnsafeRawBufferPointer(rebasing: bytes[rightPartition..<rightKey])
        )
        if order != 0 { return order }
        return ByteOrder.compare(
            UnsafeRawBufferPointer(rebasing: bytes[leftKey..<leftKey + leftHead.keyBytes]),
            UnsafeRawBufferPointer(rebasing: bytes[rightKey..<rightKey + rightHead.keyBytes])
        )
    }
}
