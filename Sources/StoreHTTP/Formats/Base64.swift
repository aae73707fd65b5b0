/// Bytes as text of 64 characters, with padding (RFC 4648, section 4).
package enum Base64 {
    private static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let none: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: none, count: 256)
        for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Appends the text of `bytes`.
    package static func append(_ bytes: some Collection<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        var pending: UInt32 = 0
        var count = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            count += 1
            guard count == 3 else { continue }
            for shift in [18, 12, 6, 0] as [UInt32] { text.append(characters[Int(pending >> shift & 63)]) }
            pending = 0
            count = 0
        }
        guard count > 0 else { return }
        pending <<= UInt32(8 * (3 - count))
        for place in 0..<4 {
            text.append(place <= count ? characters[Int(pending >> UInt32(18 - 6 * place) & 63)] : 0x3D)
        }
    }

    /// The text of `bytes`.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; nil for what this encoding never makes: no padding, unused bits, other characters.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var pending: UInt32 = 0
        var characters = 0
        var padding = 0
        for character in text {
            if character == 0x3D {
                padding += 1
                continue
            }
            let value = values[Int(character)]
            guard padding == 0, value != none else { return nil }
            pending = pending << 6 | UInt32(value)
            characters += 1
            guard characters % 4 == 0 else { continue }
            bytes += [UInt8(truncatingIfNeeded: pending >> 16), UInt8(truncatingIfNeeded: pending >> 8)]
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending = 0
        }
        switch (padding, characters % 4) {
        case (0, 0): return bytes
        case (1, 3) where pending & 3 == 0:
            return bytes + [UInt8(truncatingIfNeeded: pending >> 10), UInt8(truncatingIfNeeded: pending >> 2)]
        case (2, 2) where pending & 15 == 0: return bytes + [UInt8(truncatingIfNeeded: pending >> 4)]
        default: return nil
        }
    }
}
