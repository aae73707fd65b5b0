/// Encodes elements one after the other into a buffer, without a ``Tuple``.
///
///     var encoder = TupleEncoder()
///     encoder.append("user")
///     encoder.append(42)
///     write(encoder.bytes)
///     encoder.removeAll()         // keeps the memory for the next key
///
/// Only what could be beyond the depth of ``TupleLimits`` throws; the length is the caller's to hold, since it is seen
/// in ``bytes``. Each call costs time linear in what it appends.
public struct TupleEncoder: Sendable {
    /// What has been encoded so far, behind the prefix.
    public private(set) var bytes: [UInt8]
    private let prefixByteCount: Int
    private var depth = 0

    /// An encoder whose bytes begin with a prefix, and with room for this many more before the memory must grow.
    public init(prefix: [UInt8] = [], reservingBytes capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(prefix.count + max(0, capacity))
        bytes += prefix
        prefixByteCount = prefix.count
    }

    /// Goes back to the prefix alone and keeps the memory. Inside of ``appendTuple(_:)`` it does nothing.
    public mutating func removeAll() {
        guard depth == 0 else { return }
        bytes.removeLast(bytes.count - prefixByteCount)
    }

    /// Appends elements that are encoded already: by an encoder at the same depth, whose tuple they made up or began.
    public mutating func append(encoded elements: [UInt8]) { bytes += elements }

    /// Appends ``TupleElement/null``.
    public mutating func appendNull() {
        bytes.append(TypeCode.null)
        // Inside of a tuple a zero byte alone would be its end.
        if depth > 0 { bytes.append(TypeCode.escape) }
    }

    /// Appends ``TupleElement/missing``.
    public mutating func appendMissing() { bytes.append(TypeCode.missing) }

    /// Appends a byte string.
    public mutating func append(_ value: [UInt8]) {
        bytes.append(TypeCode.bytes)
        appendEscaped(value)
        bytes.append(0)
    }

    /// Appends a string.
    public mutating func append(_ value: String) {
        bytes.append(TypeCode.string)
        appendEscaped(value)
        bytes.append(0)
    }

    /// Appends an integer.
    public mutating func append(_ value: Int) { append(Int64(value)) }

    /// Appends an integer.
    public mutating func append(_ value: Int64) { appendInteger(isNegative: value < 0, magnitude: value.magnitude) }

    /// Appends an integer.
    public mutating func append(_ value: UInt64) { appendInteger(isNegative: false, magnitude: value) }

    /// Appends an integer.
    public mutating func append(_ value: BigInteger) {
        let count = UInt8(truncatingIfNeeded: value.magnitude.count)
        let flip: UInt8 = value.isNegative ? .max : 0
        if count <= 8 {
            bytes.append(value.isNegative ? TypeCode.zero - count : TypeCode.zero + count)
        } else {
            bytes.append(value.isNegative ? TypeCode.bigNegative : TypeCode.bigPositive)
            bytes.append(count ^ flip)
        }
        for byte in value.magnitude { bytes.append(byte ^ flip) }
    }

    /// Appends a 32-bit floating-point number.
    public mutating func append(_ value: Float) {
        bytes.append(TypeCode.float)
        append(bigEndian: UInt64(value.orderedBits), byteCount: 4)
    }

    /// Appends a 64-bit floating-point number.
    public mutating func append(_ value: Double) {
        bytes.append(TypeCode.double)
        append(bigEndian: value.orderedBits, byteCount: 8)
    }

    /// Appends a truth value.
    public mutating func append(_ value: Bool) { bytes.append(value ? TypeCode.true : TypeCode.false) }

    /// Appends a UUID.
    public mutating func append(_ value: TupleUUID) {
        bytes.append(TypeCode.uuid)
        append(bigEndian: value.high, byteCount: 8)
        append(bigEndian: value.low, byteCount: 8)
    }

    /// Appends a moment.
    public mutating func append(_ value: Timestamp) {
        bytes.append(TypeCode.timestamp)
        // With its sign flipped, the unsigned order of the seconds is their order.
        append(bigEndian: UInt64(bitPattern: value.seconds) ^ 1 << 63, byteCount: 8)
        append(bigEndian: UInt64(value.nanoseconds), byteCount: 4)
    }

    /// Appends a tuple inside of this one: what `body` appends are its elements.
    ///
    /// - Throws: ``TupleError/Code/tooDeep``, or what `body` throws; ``bytes`` are then as they were before.
    public mutating func appendTuple(_ body: (inout TupleEncoder) throws(TupleError) -> Void) throws(TupleError) {
        let start = bytes.count
        guard depth < TupleLimits.maximumDepth else { throw TupleError(.tooDeep, atByte: start) }
        depth += 1
        bytes.append(TypeCode.tuple)
        defer { depth -= 1 }
        do throws(TupleError) {
            try body(&self)
        } catch {
            bytes.removeLast(bytes.count - start)
            throw error
        }
        bytes.append(0)
    }
}

extension TupleEncoder {
    /// Appends the elements of a tuple.
    ///
    /// - Throws: ``TupleError/Code/tooDeep`` or ``TupleError/Code/tooLong``; ``bytes`` are then as they were before.
    public mutating func append(contentsOf tuple: Tuple) throws(TupleError) {
        let start = bytes.count
        do throws(TupleError) {
            for element in tuple.elements { try append(element) }
        } catch {
            bytes.removeLast(bytes.count - start)
            throw error
        }
    }

    /// Appends an element.
    ///
    /// - Throws: ``TupleError/Code/tooDeep`` or ``TupleError/Code/tooLong``; ``bytes`` are then as they were before.
    public mutating func append(_ element: TupleElement) throws(TupleError) {
        let start = bytes.count
        switch element {
        case .null: appendNull()
        case .bytes(let value): append(value)
        case .string(let value): append(value)
        case .tuple(let value):
            try appendTuple { encoder throws(TupleError) in try encoder.append(contentsOf: value) }
        case .integer(let value): append(value)
        case .bigInteger(let value): append(value)
        case .float(let value): append(value)
        case .double(let value): append(value)
        case .bool(let value): append(value)
        case .uuid(let value): append(value)
        case .timestamp(let value): append(value)
        case .missing: appendMissing()
        }
        guard bytes.count <= TupleLimits.maximumByteCount else {
            bytes.removeLast(bytes.count - start)
            throw TupleError(.tooLong, atByte: start)
        }
    }
}

extension TupleEncoder {
    /// Appends the start of a string that is to be searched for: the encoding of every string that begins so begins with
    /// it, and nothing else's does.
    mutating func appendOpen(_ beginning: String) {
        bytes.append(TypeCode.string)
        appendEscaped(beginning)
    }

    private mutating func appendInteger(isNegative: Bool, magnitude: UInt64) {
        let count = (UInt64.bitWidth - magnitude.leadingZeroBitCount + 7) / 8
        let code = UInt8(truncatingIfNeeded: count)
        bytes.append(isNegative ? TypeCode.zero - code : TypeCode.zero + code)
        append(bigEndian: isNegative ? ~magnitude : magnitude, byteCount: count)
    }

    /// Appends the lowest bytes of a value, the most significant first.
    private mutating func append(bigEndian value: UInt64, byteCount: Int) {
        var shift = 8 * byteCount
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    private mutating func appendEscaped(_ value: String) {
        if value.utf8.withContiguousStorageIfAvailable({ appendEscaped($0) }) == nil { appendEscaped(value.utf8) }
    }

    /// Appends bytes with an escape behind each zero, since a zero alone ends a string.
    private mutating func appendEscaped(_ content: some Collection<UInt8>) {
        guard content.contains(0) else {
            bytes.append(contentsOf: content)
            return
        }
        for byte in content {
            bytes.append(byte)
            if byte == 0 { bytes.append(TypeCode.escape) }
        }
    }
}
