/// Reads a JSON object of texts, true and false, after RFC 8259: all that the interchange form needs. Total: anything
/// else is an error that says what and where.
struct FlatObject {
    enum Value: Equatable {
        case text([UInt8])
        case bool(Bool)
    }

    struct Malformed: Error {
        let message: String
        /// The field in which it is; nil when it is in none.
        var field: String?
    }

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    /// The fields of the object that `bytes` hold, in their order. Each name is there once.
    static func fields(of bytes: ArraySlice<UInt8>) throws(Malformed) -> [(name: String, value: Value)] {
        var parser = FlatObject(bytes: bytes, index: bytes.startIndex)
        return try parser.object()
    }

    private mutating func object() throws(Malformed) -> [(name: String, value: Value)] {
        skipSpace()
        try expect(0x7B, "A line is a JSON object, which begins with {.")
        var fields: [(name: String, value: Value)] = []
        skipSpace()
        if peek() == 0x7D {
            index += 1
        } else {
            repeat {
                skipSpace()
                let name = String(decoding: try string(in: nil), as: UTF8.self)
                guard !fields.contains(where: { $0.name == name }) else {
                    throw Malformed(message: "The field is there twice.", field: name)
                }
                skipSpace()
                try expect(0x3A, "A colon is missing behind the field's name.", field: name)
                skipSpace()
                fields.append((name, try value(of: name)))
                skipSpace()
            } while take(0x2C)
            try expect(0x7D, "A comma or the closing } is missing.", field: fields.last?.name)
        }
        skipSpace()
        guard index == bytes.endIndex else { throw Malformed(message: "There is something behind the object's end.") }
        return fields
    }

    private mutating func value(of field: String) throws(Malformed) -> Value {
        if peek() == 0x22 { return .text(try string(in: field)) }
        for (literal, value) in [("true", true), ("false", false)] where bytes[index...].starts(with: literal.utf8) {
            index += literal.utf8.count
            return .bool(value)
        }
        throw Malformed(message: "The field is neither a text nor true or false.", field: field)
    }

    private mutating func string(in field: String?) throws(Malformed) -> [UInt8] {
        try expect(0x22, "A quotation mark is missing.", field: field)
        var text: [UInt8] = []
        while true {
            guard let end = bytes[index...].firstIndex(where: { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 }) else {
                throw Malformed(message: "The text has no closing quotation mark.", field: field)
            }
            text += bytes[index..<end]
            index = end + 1
            switch bytes[end] {
            case 0x22:
                guard String(validating: text, as: UTF8.self) != nil else {
                    throw Malformed(message: "The text is not UTF-8: write it in Base64.", field: field)
                }
                return text
            case 0x5C: try escape(into: &text, field)
            default: throw Malformed(message: "A control character in a text has to be escaped.", field: field)
            }
        }
    }

    private mutating func escape(into text: inout [UInt8], _ field: String?) throws(Malformed) {
        let character = peek()
        index = min(index + 1, bytes.endIndex)
        switch character {
        case 0x22, 0x5C, 0x2F: text.append(character ?? 0)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75:
            let unit = try codeUnit(field)
            let scalar: UInt32
            if (0xD800..<0xDC00).contains(unit), take(0x5C), take(0x75) {
                let low = try codeUnit(field)
                guard (0xDC00..<0xE000).contains(low) else { throw FlatObject.lone(field) }
                scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            } else {
                scalar = unit
            }
            guard let character = Unicode.Scalar(scalar) else { throw FlatObject.lone(field) }
            text += Array(String(Character(character)).utf8)
        default: throw Malformed(message: "There is no such escape in JSON.", field: field)
        }
    }

    private static func lone(_ field: String?) -> Malformed {
        Malformed(message: "Half of a surrogate pair stands alone: write the text in Base64.", field: field)
    }

    private mutating func codeUnit(_ field: String?) throws(Malformed) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        var unit: UInt32 = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { break }
            unit = unit << 4 | UInt32(value)
            index += 1
        }
        guard digits.count == 4, index == digits.endIndex else {
            throw Malformed(message: "An escape \\u needs four hexadecimal digits.", field: field)
        }
        return unit
    }

    private func peek() -> UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ message: String, field: String? = nil) throws(Malformed) {
        guard take(byte) else { throw Malformed(message: message, field: field) }
    }

    private mutating func skipSpace() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }
}
