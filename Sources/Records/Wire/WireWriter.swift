import Tuples

/// Writes the fields of an encoded protobuf message: what ``WireReader`` reads.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    /// Appends a value of a field; nothing for one that is not set.
    mutating func append(_ value: TupleElement, _ field: WireField) {
        switch value {
        case .null, .missing, .bigInteger, .float, .tuple: return
        case .bool(let bool): append(varint: bool ? 1 : 0, field.number)
        case .integer(let number): append(number, field)
        case .double(let number):
            append(tag: field.number, 1)
            withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        case .string(let text): append(Array(text.utf8), field.number)
        case .bytes(let content): append(content, field.number)
        case .uuid(let uuid): append(uuid.bytes, field.number)
        case .timestamp(let moment): append(moment, field)
        }
    }

    private mutating func append(_ number: Int64, _ field: WireField) {
        let bits = field.encoding == .zigzag ? number << 1 ^ number >> 63 : number
        append(varint: UInt64(bitPattern: bits), field.number)
    }

    private mutating func append(_ moment: Timestamp, _ field: WireField) {
        let (seconds, nanoseconds) = (moment.seconds, Int64(moment.nanoseconds))
        switch field.encoding {
        case .seconds: append(varint: UInt64(bitPattern: seconds), field.number)
        case .milliseconds:
            append(varint: UInt64(bitPattern: seconds &* 1_000 &+ nanoseconds / 1_000_000), field.number)
        case .microseconds:
            append(varint: UInt64(bitPattern: seconds &* 1_000_000 &+ nanoseconds / 1_000), field.number)
        case .plain, .zigzag, .unsigned:
            var inner = WireWriter()
            inner.append(varint: UInt64(bitPattern: seconds), 1)
            inner.append(varint: UInt64(bitPattern: nanoseconds), 2)
            append(inner.bytes, field.number)
        }
    }

    private mutating func append(_ content: [UInt8], _ number: Int) {
        append(tag: number, 2)
        append(varint: UInt64(content.count))
        bytes += content
    }

    private mutating func append(varint value: UInt64, _ number: Int) {
        append(tag: number, 0)
        append(varint: value)
    }

    private mutating func append(tag number: Int, _ wireType: UInt64) {
        append(varint: UInt64(number) << 3 | wireType)
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
