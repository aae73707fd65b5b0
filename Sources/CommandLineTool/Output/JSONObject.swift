import Foundation

/// One JSON object on one line, after RFC 8259, with its fields in the order in which they are added.
struct JSONObject {
    private var text: [UInt8] = [0x7B]

    /// The bytes of the whole object.
    var bytes: [UInt8] { text + [0x7D] }

    mutating func add(_ name: String, _ string: String) {
        begin(name)
        JSONObject.append(string.utf8, to: &text)
    }

    /// Adds bytes as a text where they are UTF-8, otherwise in Base64 under the name with `Base64` behind it.
    mutating func add(_ name: String, bytes: some Collection<UInt8>) {
        if String(validating: bytes, as: UTF8.self) != nil {
            begin(name)
            JSONObject.append(bytes, to: &text)
        } else {
            add(name + "Base64", Data(bytes).base64EncodedString())
        }
    }

    mutating func add(_ name: String, _ number: Int) { add(name, literal: "\(number)") }

    /// Adds a finite number.
    mutating func add(_ name: String, _ number: Double) { add(name, literal: "\(number)") }

    mutating func add(_ name: String, _ bool: Bool) { add(name, literal: bool ? "true" : "false") }

    mutating func addNull(_ name: String) { add(name, literal: "null") }

    mutating func add(_ name: String, _ object: JSONObject) {
        begin(name)
        text += object.bytes
    }

    mutating func add(_ name: String, _ objects: [JSONObject]) {
        begin(name)
        text += Array("[".utf8) + Array(objects.map(\.bytes).joined(separator: Array(",".utf8))) + Array("]".utf8)
    }

    mutating func add(_ name: String, _ strings: [String]) {
        begin(name)
        text.append(0x5B)
        for (index, string) in strings.enumerated() {
            if index > 0 { text.append(0x2C) }
            JSONObject.append(string.utf8, to: &text)
        }
        text.append(0x5D)
    }

    private mutating func add(_ name: String, literal: String) {
        begin(name)
        text += Array(literal.utf8)
    }

    private mutating func begin(_ name: String) {
        if text.count > 1 { text.append(0x2C) }
        JSONObject.append(name.utf8, to: &text)
        text.append(0x3A)
    }

    private static func append(_ utf8: some Sequence<UInt8>, to text: inout [UInt8]) {
        text.append(0x22)
        for byte in utf8 {
            switch byte {
            case 0x22, 0x5C: text += [0x5C, byte]
            case 0x0A: text += [0x5C, 0x6E]
            case 0x0D: text += [0x5C, 0x72]
            case 0x09: text += [0x5C, 0x74]
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                text += Array("\\u".utf8) + Array(String(repeating: "0", count: 4 - digits.count).utf8)
                text += Array(digits.utf8)
            default: text.append(byte)
            }
        }
        text.append(0x22)
    }
}
