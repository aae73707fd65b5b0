/// A word of a filter's text, and where it begins, counted in bytes.
struct FilterToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A field's name or a word of the language.
        case word(String)
        case text(String)
        /// A number as it is written.
        case number(String)
        /// Bytes, written as `0x` and hexadecimal digits.
        case bytes([UInt8])
        case comparison(Filter.Comparison)
        case open
        case close
        case comma
        case end
    }

    var kind: Kind
    var position: Int
}

/// Takes a filter's text apart. Total on any text.
struct FilterTokenizer {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func next() throws(RecordError) -> FilterToken {
        while let byte = peek(), byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
        let start = position
        guard let byte = peek() else { return FilterToken(kind: .end, position: start) }
        let kind: FilterToken.Kind
        switch byte {
        case UInt8(ascii: "("): kind = single(.open)
        case UInt8(ascii: ")"): kind = single(.close)
        case UInt8(ascii: ","): kind = single(.comma)
        case UInt8(ascii: "="): kind = single(.comparison(.equal))
        case UInt8(ascii: "!"):
            position += 1
            guard peek() == UInt8(ascii: "=") else { throw RecordError.unreadable(at: start, expected: "!=") }
            kind = single(.comparison(.notEqual))
        case UInt8(ascii: "<"): kind = comparison(.less, .lessOrEqual)
        case UInt8(ascii: ">"): kind = comparison(.greater, .greaterOrEqual)
        case UInt8(ascii: "\""): kind = .text(try text())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): kind = try number()
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            kind = .word(run(while: FilterTokenizer.isWord))
        default: throw RecordError.unreadable(at: start, expected: "a field, a value, a comparison or a parenthesis")
        }
        return FilterToken(kind: kind, position: start)
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func single(_ kind: FilterToken.Kind) -> FilterToken.Kind {
        position += 1
        return kind
    }

    private mutating func comparison(
        _ plain: Filter.Comparison,
        _ orEqual: Filter.Comparison
    ) -> FilterToken.Kind {
        position += 1
        guard peek() == UInt8(ascii: "=") else { return .comparison(plain) }
        return single(.comparison(orEqual))
    }

    private mutating func run(while holds: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = peek(), holds(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private mutating func number() throws(RecordError) -> FilterToken.Kind {
        let start = position
        let text = run { byte in
            FilterTokenizer.isWord(byte) || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(byte)
        }
        guard text.hasPrefix("0x") else { return .number(text) }
        let digits = text.dropFirst(2).compactMap(\.hexDigitValue)
        guard digits.count == text.count - 2, digits.count % 2 == 0 else {
            throw RecordError.unreadable(at: start, expected: "an even number of hexadecimal digits")
        }
        return .bytes(
            stride(from: 0, to: digits.count, by: 2).map { UInt8(truncatingIfNeeded: digits[$0] << 4 | digits[$0 + 1]) }
        )
    }

    /// A text in quotation marks, in which a backslash stands before a quotation mark, a backslash, `n` or `t`.
    private mutating func text() throws(RecordError) -> String {
        let start = position
        position += 1
        var found: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: found, as: UTF8.self)
            case UInt8(ascii: "\\"):
                switch peek() {
                case UInt8(ascii: "n"): found.append(0x0A)
                case UInt8(ascii: "t"): found.append(0x09)
                case let escaped? where escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\"):
                    found.append(escaped)
                default: throw RecordError.unreadable(at: position, expected: "\\\", \\\\, \\n or \\t")
                }
                position += 1
            default: found.append(byte)
            }
        }
        throw RecordError.unreadable(at: start, expected: "a quotation mark at the end of the text")
    }
}

extension RecordError {
    /// A filter's text that can't be read from a position on, counted in bytes from 1.
    static func unreadable(at position: Int, expected: String) -> RecordError {
        RecordError(
            .unreadableFilter,
            "The filter can't be read at this position.",
            ["position": "\(position + 1)", "expected": expected]
        )
    }
}
