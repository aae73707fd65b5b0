extension DAGJSON.Decoder {
    mutating func stringValue() throws(IPLDError) -> String {
        let start = reader.offset
        reader.skip()
        var bytes: [UInt8] = []
        while true {
            let run = reader.takeRun { $0 != 0x22 && $0 != 0x5C && $0 >= 0x20 }
            bytes.append(contentsOf: run)
            switch try reader.byte() {
            case 0x22:
                guard let string = String(validating: bytes, as: UTF8.self) else {
                    throw IPLDError(.malformed, "A string is not UTF-8.", offset: start)
                }
                return string
            case 0x5C: bytes.append(contentsOf: try escaped())
            default:
                throw IPLDError(.malformed, "A string has a control character.", offset: reader.offset - 1)
            }
        }
    }

    private mutating func escaped() throws(IPLDError) -> [UInt8] {
        let start = reader.offset - 1
        let byte = try reader.byte()
        switch byte {
        case 0x22, 0x2F, 0x5C: return [byte]
        case 0x62: return [0x08]
        case 0x66: return [0x0C]
        case 0x6E: return [0x0A]
        case 0x72: return [0x0D]
        case 0x74: return [0x09]
        case 0x75:
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), reader.next == 0x5C {
                reader.skip()
                guard try reader.byte() == 0x75 else { break }
                units.append(try codeUnit())
            }
            guard let string = String(validating: units, as: UTF16.self) else { break }
            return Array(string.utf8)
        default: break
        }
        throw IPLDError(.malformed, "A string has an escape that stands for no character.", offset: start)
    }

    private mutating func codeUnit() throws(IPLDError) -> UInt16 {
        let start = reader.offset
        var unit: UInt16 = 0
        for byte in try reader.take(4) {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw IPLDError(.malformed, "A string has an escape without four digits.", offset: start)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    mutating func number() throws(IPLDError) -> Node {
        let start = reader.offset
        let run = reader.takeRun { (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }
        let text = String(decoding: run, as: UTF8.self)
        guard let isFloat = DAGJSON.isFloat(run) else {
            throw IPLDError(.malformed, "A value begins like none that JSON has.", offset: start)
        }
        if isFloat {
            guard let value = Double(text), value.isFinite else {
                throw IPLDError(.unsupported, "A number is larger than floats of 64 bits hold.", offset: start)
            }
            return .float(value)
        }
        guard let integer = NodeInteger(decimal: text) else {
            throw IPLDError(.unsupported, "An integer is larger than 64 bits hold.", offset: start)
        }
        return .integer(integer)
    }
}

extension DAGJSON {
    /// Whether a number as JSON writes it has a fraction or an exponent; nil when it is no number.
    fileprivate static func isFloat(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        var rest = bytes[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == 0x2D { rest = rest.dropFirst() }
        let isZeroFirst = rest.first == 0x30
        let whole = digits()
        guard whole == 1 || (whole > 1 && !isZeroFirst) else { return nil }
        guard !rest.isEmpty else { return false }
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            guard digits() > 0 else { return nil }
        }
        if rest.first == 0x45 || rest.first == 0x65 {
            rest = rest.dropFirst()
            if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
            guard digits() > 0 else { return nil }
        }
        return rest.isEmpty ? true : nil
    }
}
