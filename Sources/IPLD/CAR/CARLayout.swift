/// Where the parts of an archive of version 2 lie, counted in bytes from its beginning.
public struct CARLayout: Hashable, Sendable {
    /// Bits that say what the archive promises; the highest of the first byte, that its index has every block.
    public var characteristics: [UInt8]
    /// Where the part of version 1 begins.
    public var dataOffset: UInt64
    /// How many bytes the part of version 1 has.
    public var dataSize: UInt64
    /// Where the index begins; nil when there is none.
    public var indexOffset: UInt64?

    /// The layout of an archive whose parts follow each other without gaps.
    public init(dataSize: UInt64, isIndexed: Bool) {
        characteristics = [UInt8](repeating: 0, count: CARLayout.characteristicsBytes)
        characteristics[0] = isIndexed ? 0x80 : 0
        dataOffset = CARLayout.dataOffsetMin
        self.dataSize = dataSize
        indexOffset = isIndexed ? CARLayout.dataOffsetMin + dataSize : nil
    }

    /// How many bytes it takes, behind the ``pragma``.
    static let byteCount = 40
    static let characteristicsBytes = 16
    /// What an archive of version 2 begins with: a header of version 1 that says that it is not one.
    static let pragma: [UInt8] = [
        0x0A, 0xA1, 0x67, 0x76, 0x65, 0x72, 0x73, 0x69, 0x6F, 0x6E, 0x02,
    ]
    static let dataOffsetMin = UInt64(pragma.count + byteCount)

    init(decoding bytes: ArraySlice<UInt8>) throws(IPLDError) {
        self = try Array(bytes).withReader { (reader) throws(IPLDError) in try CARLayout(&reader) }
    }

    private init(_ reader: inout ByteReader) throws(IPLDError) {
        characteristics = Array(try reader.take(CARLayout.characteristicsBytes))
        dataOffset = try reader.littleEndian(8)
        dataSize = try reader.littleEndian(8)
        let index = try reader.littleEndian(8)
        indexOffset = index == 0 ? nil : index
        let (end, isBeyond) = dataOffset.addingReportingOverflow(dataSize)
        guard dataOffset >= CARLayout.dataOffsetMin, dataSize > 0, !isBeyond, index == 0 || index >= end else {
            throw IPLDError(.malformed, "The parts of an archive of version 2 do not lie behind each other.")
        }
    }

    /// What an archive of this layout begins with.
    public var encoded: [UInt8] {
        var bytes = CARLayout.pragma + characteristics
        for number in [dataOffset, dataSize, indexOffset ?? 0] { bytes.appendLittleEndian(number) }
        return bytes
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
