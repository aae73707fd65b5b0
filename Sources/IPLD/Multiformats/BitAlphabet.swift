/// Text in which each character stands for the same number of bits: the encodings of RFC 4648.
struct BitAlphabet: Sendable {
    private let characters: [UInt8]
    private let bits: Int
    private let values: [UInt8]
    private var isPadded = false

    /// - Parameter ignoresCase: whether a letter of the other case is read too.
    private init(_ characters: String, bits: Int, ignoresCase: Bool) {
        self.characters = Array(characters.utf8)
        self.bits = bits
        values = .values(of: self.characters, ignoresCase: ignoresCase)
    }

    static let base16 = BitAlphabet("0123456789abcdef", bits: 4, ignoresCase: true)
    static let base16Upper = BitAlphabet("0123456789ABCDEF", bits: 4, ignoresCase: true)
    static let base32 = BitAlphabet("abcdefghijklmnopqrstuvwxyz234567", bits: 5, ignoresCase: true)
    static let base32Upper = BitAlphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, ignoresCase: true)
    static let base32Hex = BitAlphabet("0123456789abcdefghijklmnopqrstuv", bits: 5, ignoresCase: true)
    static let base32HexUpper = BitAlphabet("0123456789ABCDEFGHIJKLMNOPQRSTUV", bits: 5, ignoresCase: true)
    static let base64 = BitAlphabet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        bits: 6,
        ignoresCase: false
    )
    static let base64url = BitAlphabet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        bits: 6,
        ignoresCase: false
    )

    /// The same with `=` up to a whole group.
    var padded: BitAlphabet {
        var padded = self
        padded.isPadded = true
        return padded
    }

    /// Characters of the smallest group that holds whole bytes.
    private var group: Int {
        switch bits {
        case 5: 8
        case 6: 4
        default: 2
        }
    }

    func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + bits - 1) / bits + group)
        var buffer = 0
        var count = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            count += 8
            while count >= bits {
                count -= bits
                text.append(characters[buffer >> count & (1 << bits - 1)])
            }
        }
        if count > 0 { text.append(characters[buffer << (bits - count) & (1 << bits - 1)]) }
        while isPadded, text.count % group != 0 { text.append(0x3D) }
        return text
    }

    /// The bytes of a text. Bits behind the last whole byte have to be zero, and fewer than a character's.
    func decode(_ text: [UInt8]) throws(IPLDError) -> [UInt8] {
        var body = text[...]
        if isPadded {
            guard text.count % group == 0 else {
                throw IPLDError(.malformed, "A padded text is not a whole number of groups long.")
            }
            while body.last == 0x3D, text.count - body.count < group { body.removeLast() }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count * bits / 8)
        var buffer = 0
        var count = 0
        for (offset, character) in body.enumerated() {
            let value = values[Int(character)]
            guard value != .max else {
                throw IPLDError(.malformed, "A character does not belong to the text's base.", offset: offset)
            }
            buffer = (buffer << bits | Int(value)) & 0xFFFF
            count += bits
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> count))
            }
        }
        guard count < bits, buffer & (1 << count - 1) == 0 else {
            throw IPLDError(.malformed, "The text ends in bits that belong to no byte.", offset: body.count)
        }
        if isPadded, text.count != (body.count + group - 1) / group * group {
            throw IPLDError(.malformed, "The text is padded by more than it needs.", offset: body.count)
        }
        return bytes
    }
}

extension [UInt8] {
    /// For every byte its place among `characters`; 255 where it has none.
    static func values(of characters: [UInt8], ignoresCase: Bool) -> [UInt8] {
        var values = [UInt8](repeating: .max, count: 256)
        for (value, character) in characters.enumerated() {
            values[Int(character)] = UInt8(value)
            let isLetter = (0x61...0x7A).contains(character | 0x20)
            if ignoresCase, isLetter { values[Int(character ^ 0x20)] = UInt8(value) }
        }
        return values
    }
}
