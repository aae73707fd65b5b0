#if PostgreSQL
import KeyValue
import Tuples

/// A place between the rows of a table that are in the order of their keys' bytes.
struct RawBound: Hashable, Sendable {
    /// Values of the first columns of the primary key, or of none.
    private(set) var values: [TupleElement]
    /// Whether rows that have these values lie behind the place; those with greater ones always do.
    let isInclusive: Bool

    /// Before every row.
    static let start = RawBound(values: [], isInclusive: true)

    /// Right behind a row.
    init(behind values: [TupleElement]) { self.init(values: values, isInclusive: false) }

    private init(values: [TupleElement], isInclusive: Bool) {
        self.values = values
        self.isInclusive = isInclusive
    }

    /// Before the first row whose key, of columns of these kinds, is not less than the bytes, which may be any. Linear in
    /// them.
    init(_ bytes: [UInt8], of kinds: [RawKind]) {
        var values: [TupleElement] = []
        var offset = 0
        for kind in kinds where offset < bytes.count {
            if let (value, next) = RawBound.element(of: kind, in: bytes, at: offset) {
                values.append(value)
                offset = next
                continue
            }
            let rest = Array(bytes[offset...])
            let first = kind.firstBytes
            let isBefore = rest[0] < first.lowerBound
            let value = isBefore || rest[0] > first.upperBound ? nil : RawBound.value(of: kind, notBefore: rest)
            self.init(values: values + (value.map { [$0] } ?? []), isInclusive: isBefore || value != nil)
            return
        }
        // Bytes that go on behind a key lie behind it.
        self.init(values: values, isInclusive: offset == bytes.count)
    }

    /// The element at an offset, and where it ends; nil unless a column of this kind may hold it.
    private static func element(
        of kind: RawKind,
        in bytes: [UInt8],
        at offset: Int
    ) -> (value: TupleElement, end: Int)? {
        do throws(TupleError) {
            var decoder = try TupleDecoder(bytes, from: offset, byteCountMax: .max)
            guard let value = try decoder.next(), kind.isKey(value) else { return nil }
            if case .string(let text) = value, text.utf8.contains(0) { return nil }
            return (value, decoder.offset)
        } catch {
            return nil
        }
    }

    /// The least value whose encoding is not less than bytes that are none, though they begin as one may; nil if each is.
    private static func value(of kind: RawKind, notBefore bytes: [UInt8]) -> TupleElement? {
        switch kind {
        case .integer: integer(notBefore: bytes).map { .integer($0) }
        case .uuid: TupleUUID(bytes: padded(bytes, to: 16)).map { .uuid($0) }
        case .bytes: .bytes(content(of: bytes))
        case .text: RawText.first(notBefore: content(of: bytes)).map { .string($0) }
        // All others are one byte, or kept in an order of their own.
        case .bool, .float, .double, .timestamp: nil
        }
    }

    /// Of as many bytes as the first says, those that are there are the highest.
    private static func integer(notBefore bytes: [UInt8]) -> Int64? {
        let code = Int(bytes[0]) - 0x14
        let count = abs(code)
        let read = padded(bytes, to: count).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        // The least that needs so many bytes; encodings are never longer than they have to be.
        let least: UInt64 = 1 << UInt64(8 * max(0, count - 1))
        if code > 0 { return Int64(exactly: max(read, least)) }
        let magnitude = max(~read & (.max >> UInt64(64 - 8 * count)), least - 1)
        return magnitude > Int64.min.magnitude ? .min : Int64(truncatingIfNeeded: 0 &- magnitude)
    }

    private static func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        let read = bytes.dropFirst().prefix(count)
        return read + [UInt8](repeating: 0, count: count - read.count)
    }

    /// What a byte string or text begins with, without the escapes.
    private static func content(of bytes: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        var offset = 1
        while offset < bytes.count {
            content.append(bytes[offset])
            if bytes[offset] == 0 {
                guard offset + 1 < bytes.count, bytes[offset + 1] == 0xff else { return content.dropLast() }
                offset += 1
            }
            offset += 1
        }
        return content
    }
}

/// Text as PostgreSQL takes it: UTF-8 without a zero.
enum RawText {
    /// The first text whose bytes are not less than these; nil if there is none.
    static func first(notBefore bytes: [UInt8]) -> String? {
        var scalars = scalars(beginning: bytes)
        let length = scalars.reduce(0) { $0 + UTF8.width($1) }
        if length == bytes.count { return text(scalars) }
        let rest = Array(bytes[length...])
        var number = place(notBefore: rest)
        // Where every scalar is less, so is all that begins as the bytes do.
        while number == places {
            guard let last = scalars.popLast() else { return nil }
            number = place(of: last) + 1
        }
        return text(scalars + [scalar(number)])
    }

    private static func scalars(beginning bytes: [UInt8]) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator), scalar.value != 0 { scalars.append(scalar) }
        return scalars
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    // MARK: - Scalars by their place: without zero, and without surrogates

    private static let places: UInt32 = 0x10_f7ff

    private static func scalar(_ place: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(place < 0xd7ff ? place + 1 : place + 0x801) ?? "\u{10ffff}"
    }

    private static func place(of scalar: Unicode.Scalar) -> UInt32 {
        scalar.value < 0xd800 ? scalar.value - 1 : scalar.value - 0x801
    }

    /// That of the first scalar whose bytes are not less; how many there are if each is less.
    private static func place(notBefore bytes: [UInt8]) -> UInt32 {
        var (low, high) = (0 as UInt32, places)
        while low < high {
            let middle = (low + high) / 2
            if ByteOrder.precedes(Array(UTF8.encode(scalar(middle)) ?? UTF8.EncodedScalar()), bytes) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
#endif
