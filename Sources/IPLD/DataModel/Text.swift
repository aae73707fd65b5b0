/// A string of the data model: UTF-8 bytes, compared and ordered as bytes.
///
/// Swift's own strings are equal when they look alike, so that two different keys of a map could be taken for one.
public struct Text: Sendable {
    private enum Storage {
        /// Valid UTF-8; short strings take no memory of their own.
        case string(String)
        /// Bytes that are no UTF-8, so never the bytes of a string.
        case invalid([UInt8])
    }

    private let storage: Storage

    /// The text of a string.
    public init(_ string: String) { storage = .string(string) }

    /// The text with these bytes, valid or not.
    public init(utf8 bytes: some Collection<UInt8>) {
        self =
            bytes.withContiguousStorageIfAvailable { Text(bytes: $0) }
            ?? Array(bytes).withUnsafeBufferPointer(Text.init)
    }

    /// The standard library's own reading that validates is generic even for bytes at hand, at several times the cost.
    init(bytes: UnsafeBufferPointer<UInt8>) {
        let string = String(decoding: bytes, as: UTF8.self)
        // What is not UTF-8 has been replaced, so that other bytes stand in its place.
        let isValid = string.utf8.withContiguousStorageIfAvailable { ByteOrder.areEqual($0, bytes) }
        storage = isValid ?? false ? .string(string) : .invalid(Array(bytes))
    }

    /// The string; nil where the bytes are not UTF-8.
    public var string: String? {
        guard case .string(let string) = storage else { return nil }
        return string
    }

    /// Whether the bytes are UTF-8.
    public var isValid: Bool { string != nil }

    /// The bytes, in UTF-8 unless they came from a lenient reading.
    public var utf8: [UInt8] { withUTF8 { Array($0) } }

    /// How many bytes there are. O(1).
    public var utf8Count: Int {
        switch storage {
        case .string(let string): string.utf8.count
        case .invalid(let bytes): bytes.count
        }
    }

    func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        switch storage {
        case .string(let string):
            if let result = string.utf8.withContiguousStorageIfAvailable(body) { return result }
            return Array(string.utf8).withUnsafeBufferPointer(body)
        case .invalid(let bytes): return bytes.withUnsafeBufferPointer(body)
        }
    }
}

extension Text: Hashable {
    public static func == (left: Text, right: Text) -> Bool {
        left.utf8Count == right.utf8Count
            && left.withUTF8 { left in right.withUTF8 { ByteOrder.areEqual(left, $0) } }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(utf8Count)
        withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension Text: Comparable {
    /// By length, then by bytes: the order of keys in DAG-CBOR.
    public static func < (left: Text, right: Text) -> Bool {
        guard left.utf8Count == right.utf8Count else { return left.utf8Count < right.utf8Count }
        return left.precedesBytewise(right)
    }

    /// By bytes, whatever the length: the order of keys in DAG-JSON.
    func precedesBytewise(_ other: Text) -> Bool {
        withUTF8 { left in other.withUTF8 { ByteOrder.precedes(left, $0) } }
    }
}

extension Text: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension Text: CustomStringConvertible {
    /// The string; what is not UTF-8 becomes a replacement character.
    public var description: String {
        switch storage {
        case .string(let string): string
        case .invalid(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }
}
