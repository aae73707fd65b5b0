extension DAGJSON {
    static func encode(_ node: Node, to bytes: inout [UInt8], depth: Int) throws(IPLDError) {
        switch node {
        case .null: bytes.append("null")
        case .boolean(let value): bytes.append(value ? "true" : "false")
        case .integer(let value): bytes.append(contentsOf: value.description.utf8)
        case .float(let value): try append(value, to: &bytes)
        case .string(let text): try append(text, to: &bytes)
        case .bytes(let value):
            bytes.append(#"{"/":{"bytes":""#)
            bytes.append(contentsOf: BitAlphabet.base64.encode(value))
            bytes.append(#""}}"#)
        case .list(let list):
            try DecodingLimits.checkWriting(depth: depth)
            bytes.append("[")
            for (index, element) in list.enumerated() {
                if index > 0 { bytes.append(",") }
                try encode(element, to: &bytes, depth: depth + 1)
            }
            bytes.append("]")
        case .map(let map):
            try DecodingLimits.checkWriting(depth: depth)
            guard reserved(map) == nil else {
                throw IPLDError(.notRepresentable, "A map would be read as a link or as bytes; name its key otherwise.")
            }
            bytes.append("{")
            for (index, entry) in map.sorted(by: { $0.key.precedesBytewise($1.key) }).enumerated() {
                if index > 0 { bytes.append(",") }
                try append(entry.key, to: &bytes)
                bytes.append(":")
                try encode(entry.value, to: &bytes, depth: depth + 1)
            }
            bytes.append("}")
        case .link(let cid):
            bytes.append(#"{"/":""#)
            bytes.append(contentsOf: cid.description.utf8)
            bytes.append(#""}"#)
        }
    }

    private static func append(_ text: Text, to bytes: inout [UInt8]) throws(IPLDError) {
        guard text.isValid else {
            throw IPLDError(.notRepresentable, "DAG-JSON holds only strings of valid UTF-8; use bytes for others.")
        }
        bytes.append("\"")
        text.withUTF8 { utf8 in
            for byte in utf8 {
                switch byte {
                case 0x22: bytes.append(#"\""#)
                case 0x5C: bytes.append(#"\\"#)
                case 0x08: bytes.append(#"\b"#)
                case 0x09: bytes.append(#"\t"#)
                case 0x0A: bytes.append(#"\n"#)
                case 0x0C: bytes.append(#"\f"#)
                case 0x0D: bytes.append(#"\r"#)
                case ..<0x20:
                    bytes.append(#"\u00"#)
                    bytes.append(contentsOf: BitAlphabet.base16.encode([byte]))
                default: bytes.append(byte)
                }
            }
        }
        bytes.append("\"")
    }

    /// The fewest digits that tell a float from all others, laid out as JavaScript does, but with a point or an
    /// exponent in every case.
    private static func append(_ value: Double, to bytes: inout [UInt8]) throws(IPLDError) {
        guard value.isFinite else {
            throw IPLDError(.notRepresentable, "DAG-JSON holds only finite numbers.")
        }
        if value.sign == .minus { bytes.append("-") }
        let (digits, exponent) = shortest(value.magnitude)
        // The number is 0.DIGITS times ten to the power of the exponent.
        switch exponent {
        case 1...21 where digits.count <= exponent:
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: repeatElement(0x30, count: exponent - digits.count))
            bytes.append(".0")
        case 1...21:
            bytes.append(contentsOf: digits[..<exponent])
            bytes.append(".")
            bytes.append(contentsOf: digits[exponent...])
        case -5...0:
            bytes.append("0.")
            bytes.append(contentsOf: repeatElement(0x30, count: -exponent))
            bytes.append(contentsOf: digits)
        default:
            bytes.append(contentsOf: digits[..<1])
            if digits.count > 1 { bytes.append(".") }
            bytes.append(contentsOf: digits[1...])
            bytes.append(exponent > 0 ? "e+" : "e-")
            bytes.append(contentsOf: String((exponent - 1).magnitude).utf8)
        }
    }

    /// The significant digits, without zeros at either end, and where the point lies.
    private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = (parts.first ?? "0").split(separator: ".")
        let whole = mantissa.first ?? ""
        let fraction = mantissa.dropFirst().first ?? ""
        let all = Array(whole.utf8) + Array(fraction.utf8)
        let zeros = all.prefix { $0 == 0x30 }.count
        guard zeros < all.count else { return ([0x30], 1) }
        var digits = Array(all[zeros...])
        while digits.last == 0x30 { digits.removeLast() }
        let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (digits, whole.utf8.count - zeros + power)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }
}
