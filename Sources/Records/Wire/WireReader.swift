/// Reads the fields of an encoded protobuf message one after the other, by their numbers. Total on any bytes.
///
/// Wire format: protobuf.dev, "Encoding". Groups, which are deprecated, are passed over.
struct WireReader {
    /// What a field holds, without regard to its declaration.
    enum Value: Equatable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Where the bytes lie in the message.
        case bytes(Range<Int>)
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position: Int
    private let end: Int
    /// How deep groups may lie in each other.
    private static let depthMax = 100

    init(_ bytes: UnsafeBufferPointer<UInt8>, in range: Range<Int>? = nil) {
        self.bytes = bytes
        let whole = 0..<bytes.count
        let range = range?.clamped(to: whole) ?? whole
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field outside of groups; nil at the end.
    ///
    /// - Throws: ``Damage`` where the bytes are no message.
    mutating func next() throws(Damage) -> (number: Int, value: Value)? {
        var depth = 0
        while position < end {
            let tag = try varint()
            guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else { throw Damage() }
            let number = Int(tag >> 3)
            let value: Value
            switch tag & 7 {
            case 0: value = .varint(try varint())
            case 1: value = .fixed64(try fixed(8))
            case 2: value = .bytes(try lengthDelimited())
            case 3:
                depth += 1
                guard depth <= WireReader.depthMax else { throw Damage() }
                continue
            case 4:
                depth -= 1
                guard depth >= 0 else { throw Damage() }
                continue
            case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
            default: throw Damage()
            }
            if depth == 0 { return (number, value) }
        }
        guard depth == 0 else { throw Damage() }
        return nil
    }

    /// The next number alone, of those packed into one field; nil at the end.
    mutating func nextPacked(fixedWidth: Bool) throws(Damage) -> Value? {
        guard position < end else { return nil }
        return fixedWidth ? .fixed64(try fixed(8)) : .varint(try varint())
    }

    private mutating func varint() throws(Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard position < end else { throw Damage() }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw Damage() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Damage()
    }

    private mutating func fixed(_ width: Int) throws(Damage) -> UInt64 {
        guard end - position >= width else { throw Damage() }
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += width
        return value
    }

    private mutating func lengthDelimited() throws(Damage) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(end - position) else { throw Damage() }
        let start = position
        position += Int(length)
        return start..<position
    }

    /// The bytes are no message.
    struct Damage: Error {}
}
