/// Writes an archive of version 1, a block at a time, to wherever the caller puts the bytes.
public struct CARWriter: Sendable {
    /// How many bytes have been written: where the next section begins.
    public private(set) var offset: UInt64

    /// Begins an archive: appends its header to `bytes`.
    public init(roots: [CID], to bytes: inout [UInt8]) {
        let before = bytes.count
        let header = CARHeader.encode(roots: roots)
        Varint.appendUnchecked(UInt64(header.count), to: &bytes)
        bytes.append(contentsOf: header)
        offset = UInt64(bytes.count - before)
    }

    /// Appends a block to `bytes` as it is, and tells where in the archive it lies.
    @discardableResult
    public mutating func append(_ block: Block, to bytes: inout [UInt8]) -> CARSection {
        let before = bytes.count
        let length = block.cid.byteCount + block.bytes.count
        // By its own growth an array doubles; this leaves that to it, and saves it the steps within a large block.
        if bytes.capacity - before < length + 9 { bytes.reserveCapacity(max(before + length + 9, 2 * before)) }
        Varint.appendUnchecked(UInt64(length), to: &bytes)
        block.cid.append(to: &bytes)
        let contentOffset = offset + UInt64(bytes.count - before)
        bytes.append(contentsOf: block.bytes)
        let section = CARSection(block: block, offset: offset, contentOffset: contentOffset)
        offset += UInt64(bytes.count - before)
        return section
    }
}
