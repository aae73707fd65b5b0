/// The bytes of keys inside cursors, marks and checkpoints: lengths are 32-bit big-endian, so that no content can be mistaken for
/// a boundary.
package struct KeyWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(byte: UInt8) { bytes.append(byte) }

    package mutating func append(integer: UInt64) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(string: [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: string.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: string)
    }

    package mutating func append(key: Key) {
        append(byte: key.space.rawValue)
        append(string: key.partition)
        append(string: key.bytes)
    }
}

/// The reading side of `KeyWriter`: total, nil for anything that the writer does not write.
package struct KeyReader {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    package var isAtEnd: Bool { rest.isEmpty }

    package mutating func byte() -> UInt8? { rest.popFirst() }

    package mutating func integer() -> UInt64? {
        guard rest.count >= 8 else { return nil }
        defer { rest = rest.dropFirst(8) }
        return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    package mutating func string() -> [UInt8]? {
        guard rest.count >= 4 else { return nil }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard rest.count - 4 >= length else { return nil }
        defer { rest = rest.dropFirst(4 + length) }
        return Array(rest.dropFirst(4).prefix(length))
    }

    package mutating func key() -> Key? {
        guard let raw = byte(), let space = KeySpace(rawValue: raw), let partition = string(), let bytes = string()
        else { return nil }
        return Key(partition: partition, bytes: bytes, space: space)
    }

    /// Everything that is left.
    package mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
