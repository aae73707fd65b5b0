#if S3
/// Bytes as text of 64 characters, six bits each, in the order of their bytes: of two byte strings the one that sorts
/// first has the text that sorts first. None of the characters has to be encoded in a URL, and all sort behind a slash.
enum OrderedText {
    private static let characters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~".utf8)
    private static let none: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: none, count: 256)
        for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The last character of all.
    static let last: UInt8 = 0x7E

    /// How many characters some bytes take.
    static func count(ofBytes bytes: Int) -> Int { (bytes * 4 + 2) / 3 }

    /// How many bytes some characters have room for.
    static func bytes(inCount count: Int) -> Int { count * 3 / 4 }

    static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(characters[Int(pending >> bits & 63)])
            }
        }
        if bits > 0 { text.append(characters[Int(pending << (6 - bits) & 63)]) }
        return text
    }

    /// The bytes behind a text; nil for one that this encoding never makes.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for character in text {
            let value = values[Int(character)]
            guard value != none else { return nil }
            pending = pending << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
            }
        }
        guard bits < 6, pending & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }

    /// The character before another; nil before the first.
    static func predecessor(of character: UInt8) -> UInt8? {
        let value = values[Int(character)]
        guard value != none, value > 0 else { return nil }
        return characters[Int(value) - 1]
    }
}
#endif
