import Tuples

/// Where in an encoded message a field's values are, and what they are there.
struct WireField: Hashable, Sendable {
    /// The field's number in the message.
    var number: Int
    var encoding: FieldEncoding
    /// Whether a message tells a value that is not set from the default one.
    var isOptional: Bool

    /// What a field of one value holds where the message does not have it.
    func absent(_ kind: FieldKind) -> TupleElement {
        guard !isOptional else { return .missing }
        return switch (kind, encoding) {
        case (.bool, _): .bool(false)
        case (.integer, _): .integer(0)
        case (.double, _): .double(0)
        case (.string, _): .string("")
        case (.bytes, _): .bytes([])
        // A message in a message is there or not, and no text is no UUID.
        case (.timestamp, .plain), (.uuid, _): .missing
        case (.timestamp, _): .timestamp(Timestamp(milliseconds: 0))
        }
    }

    /// Appends the values that one occurrence of the field holds: several only where numbers are packed.
    func append(
        _ value: WireReader.Value,
        of kind: FieldKind,
        in message: UnsafeBufferPointer<UInt8>,
        to elements: inout [TupleElement]
    ) throws(WireReader.Damage) {
        if case .bytes(let range) = value, isNumber(kind) {
            var reader = WireReader(message, in: range)
            while let packed = try reader.nextPacked(fixedWidth: kind == .double) {
                elements.append(try element(packed, of: kind, in: message))
            }
            return
        }
        elements.append(try element(value, of: kind, in: message))
    }

    /// The one value that an occurrence of the field holds.
    func single(
        _ value: WireReader.Value,
        of kind: FieldKind,
        in message: UnsafeBufferPointer<UInt8>
    ) throws(WireReader.Damage) -> TupleElement {
        guard case .bytes = value, isNumber(kind) else { return try element(value, of: kind, in: message) }
        var elements: [TupleElement] = []
        try append(value, of: kind, in: message, to: &elements)
        guard elements.count == 1 else { throw WireReader.Damage() }
        return elements[0]
    }

    private func isNumber(_ kind: FieldKind) -> Bool {
        switch kind {
        case .bool, .integer, .double: true
        case .timestamp: encoding != .plain
        case .string, .bytes, .uuid: false
        }
    }

    private func element(
        _ value: WireReader.Value,
        of kind: FieldKind,
        in message: UnsafeBufferPointer<UInt8>
    ) throws(WireReader.Damage) -> TupleElement {
        switch (kind, value) {
        case (.bool, .varint(let number)): return .bool(number != 0)
        case (.integer, _): return .integer(try integer(value))
        case (.double, .fixed64(let bits)): return .double(Double(bitPattern: bits))
        case (.double, .fixed32(let bits)): return .double(Double(Float(bitPattern: bits)))
        case (.string, .bytes(let range)): return .string(try text(message[range]))
        case (.bytes, .bytes(let range)): return .bytes(Array(message[range]))
        case (.uuid, .bytes(let range)): return try uuid(message[range])
        case (.timestamp, _): return .timestamp(try timestamp(value, in: message))
        default: throw WireReader.Damage()
        }
    }

    private func integer(_ value: WireReader.Value) throws(WireReader.Damage) -> Int64 {
        switch (value, encoding) {
        case (.varint(let number), .zigzag): Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
        case (.varint(let number), .unsigned), (.fixed64(let number), .unsigned): Int64(clamping: number)
        case (.varint(let number), _), (.fixed64(let number), _): Int64(bitPattern: number)
        case (.fixed32(let number), .unsigned): Int64(number)
        case (.fixed32(let number), _): Int64(Int32(bitPattern: number))
        case (.bytes, _): throw WireReader.Damage()
        }
    }

    private func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) throws(WireReader.Damage) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: UnsafeBufferPointer(rebasing: bytes).span))
        } catch {
            throw WireReader.Damage()
        }
    }

    private func uuid(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) throws(WireReader.Damage) -> TupleElement {
        // A text that is not set has the length of no UUID.
        guard !bytes.isEmpty else { return .missing }
        if let uuid = TupleUUID(bytes: Array(bytes)) { return .uuid(uuid) }
        do {
            return .uuid(try TupleUUID(text: try text(bytes)))
        } catch {
            throw WireReader.Damage()
        }
    }

    private func timestamp(
        _ value: WireReader.Value,
        in message: UnsafeBufferPointer<UInt8>
    ) throws(WireReader.Damage) -> Timestamp {
        switch encoding {
        case .milliseconds: return Timestamp(milliseconds: try integer(value))
        case .microseconds: return Timestamp(microseconds: try integer(value))
        case .seconds:
            guard let timestamp = Timestamp(seconds: try integer(value)) else { throw WireReader.Damage() }
            return timestamp
        case .plain, .zigzag, .unsigned:
            guard case .bytes(let range) = value else { throw WireReader.Damage() }
            var seconds: Int64 = 0
            var nanoseconds: Int64 = 0
            var reader = WireReader(message, in: range)
            while let (number, part) = try reader.next() {
                if number == 1 { seconds = try integer(part) }
                if number == 2 { nanoseconds = try integer(part) }
            }
            guard let nanoseconds = UInt32(exactly: nanoseconds),
                let timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
            else { throw WireReader.Damage() }
            return timestamp
        }
    }
}
