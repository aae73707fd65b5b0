extension JSON {
    /// How deep arrays and objects may be nested in each other.
    package static let depthMax = 64

    /// The one value that `bytes` are; nil for anything that is not JSON whole, is nested deeper than ``depthMax``, or
    /// holds text that is no Unicode.
    package init?(parsing bytes: [UInt8]) {
        let value = bytes.withUnsafeBufferPointer { buffer -> JSON? in
            var parser = JSONParser(buffer)
            guard let value = parser.value(depth: 0) else { return nil }
            parser.skipSpace()
            return parser.isAtEnd ? value : nil
        }
        guard let value else { return nil }
        self = value
    }
}

/// Reads from the start to the end, once. Nil is a failure everywhere.
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    /// Nil at the end.
    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        guard bytes.count - index >= word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += word.utf8CodeUnitCount
        return true
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    mutating func value(depth: Int) -> JSON? {
        guard depth <= JSON.depthMax else { return nil }
        skipSpace()
        switch next {
        case 0x7B: return object(depth: depth)
        case 0x5B: return array(depth: depth)
        case 0x22: return text().map { .string($0) }
        case 0x74: return take(word: "true") ? .bool(true) : nil
        case 0x66: return take(word: "false") ? .bool(false) : nil
        case 0x6E: return take(word: "null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSON? {
        index += 1
        var members: [JSON.Member] = []
        skipSpace()
        if take(0x7D) { return .object([]) }
        repeat {
            skipSpace()
            guard next == 0x22, let name = text() else { return nil }
            skipSpace()
            guard take(0x3A), let value = value(depth: depth + 1) else { return nil }
            members.append(JSON.Member(name, value))
            skipSpace()
        } while take(0x2C)
        return take(0x7D) ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> JSON? {
        index += 1
        var items: [JSON] = []
        skipSpace()
        if take(0x5D) { return .array([]) }
        repeat {
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
            skipSpace()
        } while take(0x2C)
        return take(0x5D) ? .array(items) : nil
    }

    private mutating func number() -> JSON? {
        let start = index
        _ = take(0x2D)
        if !take(0x30) { guard digits() else { return nil } }
        if take(0x2E) { guard digits() else { return nil } }
        if next == 0x65 || next == 0x45 {
            index += 1
            if !take(0x2B) { _ = take(0x2D) }
            guard digits() else { return nil }
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    /// Takes at least one digit.
    private mutating func digits() -> Bool {
        let start = index
        while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
        return index > start
    }

    private mutating func text() -> String? {
        index += 1
        let start = index
        while let byte = next, byte != 0x22 {
            if byte == 0x5C { return escapedText(from: start) }
            guard byte >= 0x20 else { return nil }
            index += 1
        }
        let content = bytes[start..<index]
        return take(0x22) ? String(validating: content, as: UTF8.self) : nil
    }

    /// The text from `start`, of which everything before the present place is as it stands.
    private mutating func escapedText(from start: Int) -> String? {
        var content = Array(bytes[start..<index])
        while let byte = next {
            index += 1
            switch byte {
            case 0x22: return String(validating: content, as: UTF8.self)
            case 0x5C:
                guard let scalar = escape() else { return nil }
                content += Array(Character(scalar).utf8)
            case 0x20...: content.append(byte)
            default: return nil
            }
        }
        return nil
    }

    /// What stands for one character behind a backslash.
    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        index += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: return Unicode.Scalar(byte)
        case 0x62: return "\u{8}"
        case 0x66: return "\u{C}"
        case 0x6E: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x75:
            guard let unit = codeUnit() else { return nil }
            guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
            guard take(0x5C), take(0x75), let low = codeUnit(), (0xDC00..<0xE000).contains(low) else { return nil }
            return Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        default: return nil
        }
    }

    /// Four hexadecimal digits.
    private mutating func codeUnit() -> UInt32? {
        guard bytes.count - index >= 4 else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: unit = unit << 4 | UInt32((byte | 0x20) - 0x61 + 10)
            default: return nil
            }
        }
        index += 4
        return unit
    }
}
