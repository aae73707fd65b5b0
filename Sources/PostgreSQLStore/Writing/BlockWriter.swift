#if PostgreSQL
/// Writes numbers, big-endian, and bytes one after the other into memory that was reckoned out before.
///
/// What does not fit is left out: the count then shows it. The memory is its maker's, who keeps it as long as this.
struct BlockWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    /// Safe while the maker's memory lasts, which is longer than this.
    init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { append($0) }
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Bytes with their number before them.
    mutating func append(field: [UInt8]) {
        append(Int32(truncatingIfNeeded: field.count))
        append(field)
    }

    /// Safe since what is copied fits: that is looked at first, and the source is lent for this call.
    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= buffer.count - count else { return }
        UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + bytes.count]).copyMemory(from: bytes)
        count += bytes.count
    }
}
#endif
