/// Reads the elements of an encoded tuple one after the other.
///
/// It takes only what ``TupleEncoder`` writes, byte for byte, so that no two keys mean the same tuple. The bytes may
/// come from anywhere: it never traps, and its time and memory are linear in their number.
public struct TupleDecoder: Sendable {
    private let bytes: [UInt8]
    /// Where the next element begins.
    public private(set) var offset: Int

    /// A decoder of the bytes from an offset on. There may be `byteCountMax` of them: more than a key may have where
    /// tuples are no keys.
    ///
    /// - Throws: ``TupleError/Code/tooLong`` beyond `byteCountMax`, and ``TupleError/Code/truncated`` if the offset is
    ///   outside of the bytes.
    public init(
        _ bytes: [UInt8],
        from offset: Int = 0,
        byteCountMax: Int = TupleLimits.maximumByteCount
    ) throws(TupleError) {
        guard bytes.count <= byteCountMax else { throw TupleError(.tooLong, atByte: byteCountMax) }
        guard (0...bytes.count).contains(offset) else { throw TupleError(.truncated, atByte: bytes.count) }
        self.bytes = bytes
        self.offset = offset
    }

    /// The next element, or nil at the end. After an error it stays where it was.
    ///
    /// - Throws: ``TupleError`` with the offset of what is wrong.
    public mutating func next() throws(TupleError) -> TupleElement? {
        guard offset < bytes.count else { return nil }
        let start = offset
        do throws(TupleError) {
            return try element(depth: 0)
        } catch {
            offset = start
            throw error
        }
    }

    /// Passes over the next element without making it; false at the end. After an error it stays where it was. What it
    /// passes over is bounded like an element, and not otherwise checked.
    ///
    /// - Throws: ``TupleError`` with the offset of what is wrong.
    @discardableResult
    public mutating func skip() throws(TupleError) -> Bool {
        guard offset < bytes.count else { return false }
        let start = offset
        do throws(TupleError) {
            try skipElement(depth: 0)
            return true
        } catch {
            offset = start
            throw error
        }
    }

    /// All elements that are left.
    ///
    /// - Throws: ``TupleError`` with the offset of what is wrong.
    public mutating func rest() throws(TupleError) -> Tuple {
        var elements: [TupleElement] = []
        while let element = try next() { elements.append(element) }
        return Tuple(elements)
    }
}

extension TupleDecoder {
    private mutating func element(depth: Int) throws(TupleError) -> TupleElement {
        let start = offset
        let code = try byte()
        switch code {
        case TypeCode.null: return .null
        case TypeCode.bytes: return .bytes(try escaped())
        case TypeCode.string:
            guard let value = String(validating: try escaped(), as: UTF8.self) else {
                throw TupleError(.invalidUTF8, atByte: start, typeCode: code)
            }
            return .string(value)
        case TypeCode.tuple: return .tuple(try tuple(depth: depth + 1))
        case TypeCode.bigNegative, TypeCode.bigPositive: return try longInteger(code)
        case TypeCode.bigNegative + 1..<TypeCode.bigPositive: return try shortInteger(code)
        case TypeCode.float:
            return .float(Float(orderedBits: UInt32(truncatingIfNeeded: try bigEndian(byteCount: 4))))
        case TypeCode.double: return .double(Double(orderedBits: try bigEndian(byteCount: 8)))
        case TypeCode.false: return .bool(false)
        case TypeCode.true: return .bool(true)
        case TypeCode.uuid:
            return .uuid(TupleUUID(high: try bigEndian(byteCount: 8), low: try bigEndian(byteCount: 8)))
        case TypeCode.timestamp: return .timestamp(try timestamp())
        case TypeCode.missing: return .missing
        default:
            let isKnown = TypeCode.unsupported.contains(code)
            throw TupleError(isKnown ? .unsupportedType : .unknownType, atByte: start, typeCode: code)
        }
    }

    private mutating func skipElement(depth: Int) throws(TupleError) {
        guard depth <= TupleLimits.maximumDepth else { throw TupleError(.tooDeep, atByte: offset) }
        let start = offset
        let code = try byte()
        switch code {
        case TypeCode.null, TypeCode.false, TypeCode.true, TypeCode.missing: return
        case TypeCode.bytes, TypeCode.string: try skipEscaped()
        case TypeCode.tuple:
            while try !isEnd() {
                let isNull = bytes[offset] == TypeCode.null
                try skipElement(depth: depth + 1)
                if isNull { offset += 1 }
            }
        case TypeCode.bigNegative: _ = try take(Int(try byte() ^ .max))
        case TypeCode.bigPositive: _ = try take(Int(try byte()))
        case TypeCode.bigNegative + 1..<TypeCode.bigPositive:
            _ = try take(Int(code < TypeCode.zero ? TypeCode.zero - code : code - TypeCode.zero))
        case TypeCode.float: _ = try take(4)
        case TypeCode.double: _ = try take(8)
        case TypeCode.uuid: _ = try take(16)
        case TypeCode.timestamp: _ = try take(12)
        default:
            let isKnown = TypeCode.unsupported.contains(code)
            throw TupleError(isKnown ? .unsupportedType : .unknownType, atByte: start, typeCode: code)
        }
    }

    /// Passes over the content of a string and the zero that ends it.
    private mutating func skipEscaped() throws(TupleError) {
        while true {
            guard let zero = bytes[offset...].firstIndex(of: 0) else {
                throw TupleError(.truncated, atByte: bytes.count)
            }
            offset = zero + 1
            guard isEscaped(zero) else { return }
            offset += 1
        }
    }

    private mutating func tuple(depth: Int) throws(TupleError) -> Tuple {
        guard depth <= TupleLimits.maximumDepth else { throw TupleError(.tooDeep, atByte: offset - 1) }
        var elements: [TupleElement] = []
        while true {
            if try isEnd() { return Tuple(elements) }
            let element = try element(depth: depth)
            if case .null = element { offset += 1 }
            elements.append(element)
        }
    }

    /// Whether a zero without an escape is next, which is then read.
    private mutating func isEnd() throws(TupleError) -> Bool {
        guard offset < bytes.count else { throw TupleError(.truncated, atByte: offset) }
        guard bytes[offset] == 0, !isEscaped(offset) else { return false }
        offset += 1
        return true
    }

    private func isEscaped(_ zero: Int) -> Bool { zero + 1 < bytes.count && bytes[zero + 1] == TypeCode.escape }

    /// The content of a string, up to the zero that ends it.
    private mutating func escaped() throws(TupleError) -> [UInt8] {
        var content: [UInt8] = []
        while true {
            guard let zero = bytes[offset...].firstIndex(of: 0) else {
                throw TupleError(.truncated, atByte: bytes.count)
            }
            content += bytes[offset..<zero]
            offset = zero + 1
            guard isEscaped(zero) else { return content }
            content.append(0)
            offset += 1
        }
    }

    private mutating func shortInteger(_ code: UInt8) throws(TupleError) -> TupleElement {
        let start = offset - 1
        let isNegative = code < TypeCode.zero
        let count = Int(isNegative ? TypeCode.zero - code : code - TypeCode.zero)
        guard count > 0 else { return .integer(0) }
        let read = try bigEndian(byteCount: count)
        let magnitude = isNegative ? ~read & (.max >> UInt64(64 - 8 * count)) : read
        guard magnitude >> UInt64(8 * count - 8) != 0 else {
            throw TupleError(.paddedInteger, atByte: start, typeCode: code)
        }
        if let small = Int64(isNegative: isNegative, magnitude: magnitude) { return .integer(small) }
        return .bigInteger(BigInteger(isNegative: isNegative, trimmed: magnitude.bigEndianBytes))
    }

    private mutating func longInteger(_ code: UInt8) throws(TupleError) -> TupleElement {
        let start = offset - 1
        let flip: UInt8 = code == TypeCode.bigNegative ? .max : 0
        let count = Int(try byte() ^ flip)
        let magnitude = try take(count).map { $0 ^ flip }
        guard count > 8, magnitude.first != 0 else { throw TupleError(.paddedInteger, atByte: start, typeCode: code) }
        return .bigInteger(BigInteger(isNegative: code == TypeCode.bigNegative, trimmed: magnitude))
    }

    private mutating func timestamp() throws(TupleError) -> Timestamp {
        let start = offset - 1
        let seconds = Int64(bitPattern: try bigEndian(byteCount: 8) ^ 1 << 63)
        let nanoseconds = UInt32(truncatingIfNeeded: try bigEndian(byteCount: 4))
        guard let value = Timestamp(seconds: seconds, nanoseconds: nanoseconds) else {
            throw TupleError(.invalidNanoseconds, atByte: start, typeCode: TypeCode.timestamp)
        }
        return value
    }

    private mutating func bigEndian(byteCount: Int) throws(TupleError) -> UInt64 {
        UInt64(bigEndian: try take(byteCount))
    }

    private mutating func byte() throws(TupleError) -> UInt8 {
        guard offset < bytes.count else { throw TupleError(.truncated, atByte: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func take(_ count: Int) throws(TupleError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw TupleError(.truncated, atByte: bytes.count) }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }
}
