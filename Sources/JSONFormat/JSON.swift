/// A JSON value (RFC 8259). Numbers are kept as they are written, members in their order, so that what came from
/// somebody else can be written back as it was.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The digits as written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }
}

extension JSON {
    /// The member of this name, the first if there are several; nil for what is no object or has none.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// Nil for what is no text.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// Nil for what is no whole number of 64 bits, written without fraction or exponent.
    package var integer: Int? {
        if case .number(let digits) = self { Int(digits) } else { nil }
    }

    /// Nil for what is neither true nor false.
    package var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// Nil for what is no array.
    package var items: [JSON]? {
        if case .array(let items) = self { items } else { nil }
    }

    /// Nil for what is no object.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension JSON {
    /// The value's bytes, without white space.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// Appends the value's bytes, without white space.
    package func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let bool): bytes += (bool ? "true" : "false").utf8
        case .number(let digits): bytes += digits.utf8
        case .string(let text): JSON.append(text: text.utf8, to: &bytes)
        case .array(let items):
            bytes.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                item.append(to: &bytes)
            }
            bytes.append(0x5D)
        case .object(let members):
            bytes.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                JSON.append(text: member.name.utf8, to: &bytes)
                bytes.append(0x3A)
                member.value.append(to: &bytes)
            }
            bytes.append(0x7D)
        }
    }

    /// Appends a text in quotation marks; `utf8` has to be well-formed.
    package static func append(text utf8: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        let isDone: Void? = utf8.withContiguousStorageIfAvailable { append(buffer: $0, to: &bytes) }
        if isDone == nil { Array(utf8).withUnsafeBufferPointer { append(buffer: $0, to: &bytes) } }
    }

    /// Most text has nothing to escape and goes over in one piece. The buffer is read within its bounds, while the
    /// caller's closure lasts.
    private static func append(buffer utf8: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        var start = 0
        for place in utf8.indices {
            let byte = utf8[place]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            bytes += utf8[start..<place]
            start = place + 1
            if byte < 0x20 {
                let digits = String(byte, radix: 16)
                bytes += (digits.count < 2 ? "\\u000" : "\\u00").utf8
                bytes += digits.utf8
            } else {
                bytes += [0x5C, byte]
            }
        }
        bytes += utf8[start...]
        bytes.append(0x22)
    }
}
