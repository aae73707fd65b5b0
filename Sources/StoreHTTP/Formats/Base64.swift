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
        // Most bytes of stores that speak JSON go through here, and code for any collection takes several times as long.
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { append(buffer: $0, to: &text) }
        if isDone == nil { Array(bytes).withUnsafeBufferPointer { append(buffer: $0, to: &text) } }
    }

    /// The buffer is read within its bounds, while the caller's closure lasts.
    private static func append(buffer bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        let whole = bytes.count / 3 * 3
        var place = 0
        while place < whole {
            let group = UInt32(bytes[place]) << 16 | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2])
            text.append(characters[Int(group >> 18)])
            text.append(characters[Int(group >> 12 & 63)])
            text.append(characters[Int(group >> 6 & 63)])
            text.append(characters[Int(group & 63)])
            place += 3
        }
        let rest = bytes.count - whole
        guard rest > 0 else { return }
        let last = UInt32(bytes[whole]) << 16 | (rest == 2 ? UInt32(bytes[whole + 1]) << 8 : 0)
        text.append(characters[Int(last >> 18)])
        text.append(characters[Int(last >> 12 & 63)])
        text.append(rest == 2 ? characters[Int(last >> 6 & 63)] : 0x3D)
        text.append(0x3D)
    }

    /// The text of `bytes`.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; nil for what this encoding never makes: no padding, unused bits, other characters.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let bytes = text.withContiguousStorageIfAvailable({ decode(buffer: $0) }) { return bytes }
        return Array(text).withUnsafeBufferPointer { decode(buffer: $0) }
    }

    /// The buffer is read within its bounds, while the caller's closure lasts.
    private static func decode(buffer text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        guard !text.isEmpty else { return [] }
        let padding = text[text.count - 1] != 0x3D ? 0 : text[text.count - 2] != 0x3D ? 1 : 2
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var place = 0
        while place < text.count {
            let isLast = place + 4 == text.count
            var group: UInt32 = 0
            for offset in 0..<4 {
                // Only at the very end.
                let isPadding = isLast && offset >= 4 - padding
                let value = isPadding ? 0 : values[Int(text[place + offset])]
                guard value != none else { return nil }
                group = group << 6 | UInt32(value)
            }
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            bytes.append(UInt8(truncatingIfNeeded: group >> 8))
            bytes.append(UInt8(truncatingIfNeeded: group))
            guard !isLast || group & (1 << (8 * UInt32(padding)) - 1) == 0 else { return nil }
            place += 4
        }
        bytes.removeLast(padding)
        return bytes
    }
}
