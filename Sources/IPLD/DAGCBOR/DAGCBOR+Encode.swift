extension DAGCBOR {
    static func encode(_ node: Node, to bytes: inout [UInt8], depth: Int) throws(IPLDError) {
        switch node {
        case .null: bytes.append(0xF6)
        case .boolean(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .integer(let value):
            appendHead(value.isNegative ? Major.negative : Major.unsigned, value.argument, to: &bytes)
        case .float(let value):
            guard value.isFinite else {
                throw IPLDError(.notRepresentable, "DAG-CBOR holds only finite numbers.")
            }
            bytes.append(0xFB)
            appendBigEndian(value.bitPattern, to: &bytes)
        case .string(let text): try append(text, to: &bytes)
        case .bytes(let value):
            appendHead(Major.bytes, UInt64(value.count), to: &bytes)
            bytes.append(contentsOf: value)
        case .list(let list):
            try DecodingLimits.checkWriting(depth: depth)
            appendHead(Major.list, UInt64(list.count), to: &bytes)
            for element in list { try encode(element, to: &bytes, depth: depth + 1) }
        case .map(let map):
            try DecodingLimits.checkWriting(depth: depth)
            appendHead(Major.map, UInt64(map.count), to: &bytes)
            for entry in map {
                try append(entry.key, to: &bytes)
                try encode(entry.value, to: &bytes, depth: depth + 1)
            }
        case .link(let cid): append(cid, to: &bytes)
        }
    }

    private static func append(_ text: Text, to bytes: inout [UInt8]) throws(IPLDError) {
        guard text.isValid else {
            throw IPLDError(.notRepresentable, "DAG-CBOR holds only strings of valid UTF-8; use bytes for others.")
        }
        appendHead(Major.string, UInt64(text.utf8Count), to: &bytes)
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    static func append(_ cid: CID, to bytes: inout [UInt8]) {
        bytes.append(0xD8)
        bytes.append(UInt8(linkTag))
        // The zero says that the CID is in its binary form.
        appendHead(Major.bytes, UInt64(cid.byteCount + 1), to: &bytes)
        bytes.append(0)
        cid.append(to: &bytes)
    }

    static func appendHead(_ major: UInt8, _ argument: UInt64, to bytes: inout [UInt8]) {
        switch argument {
        case 0..<24: bytes.append(major | UInt8(truncatingIfNeeded: argument))
        case 24...0xFF:
            bytes.append(major | 24)
            bytes.append(UInt8(truncatingIfNeeded: argument))
        case 0x100...0xFFFF:
            bytes.append(major | 25)
            appendBigEndian(UInt16(truncatingIfNeeded: argument), to: &bytes)
        case 0x1_0000...0xFFFF_FFFF:
            bytes.append(major | 26)
            appendBigEndian(UInt32(truncatingIfNeeded: argument), to: &bytes)
        default:
            bytes.append(major | 27)
            appendBigEndian(argument, to: &bytes)
        }
    }

    private static func appendBigEndian(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
