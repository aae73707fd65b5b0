import ArgumentParser
import Foundation

/// Bytes on the command line: a text stands for its UTF-8; `hex:` and `base64:` before it say how else to read it, and
/// `text:` that nothing more is to be looked for.
struct BytesArgument: ExpressibleByArgument {
    static let discussion = """
        Partitions, keys and values are bytes. Text stands for its UTF-8. Other bytes are written hex:00ff or \
        base64:AP8=; a text that begins with one of these prefixes is written text:hex:00ff.
        """

    let bytes: [UInt8]

    init?(argument: String) {
        if argument.hasPrefix("text:") {
            bytes = Array(argument.utf8.dropFirst(5))
        } else if argument.hasPrefix("hex:") {
            guard let bytes = BytesArgument.bytes(hex: argument.utf8.dropFirst(4)) else { return nil }
            self.bytes = bytes
        } else if argument.hasPrefix("base64:") {
            guard let data = Data(base64Encoded: String(argument.dropFirst(7))) else { return nil }
            bytes = Array(data)
        } else {
            bytes = Array(argument.utf8)
        }
    }

    private static func bytes(hex digits: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x41...0x46: value = digit - 0x41 + 10
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
