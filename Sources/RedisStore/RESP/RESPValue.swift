#if Redis
/// A reply of the server, in the types of RESP3.
///
/// The format is that of the [protocol's specification](https://github.com/redis/redis-specifications). Attributes are
/// left out, and streamed strings and aggregates, which Redis does not send, are refused.
enum RESPValue: Hashable, Sendable {
    case null
    /// Bytes, also of a verbatim string, whose three letters and colon in front are part of them.
    case bulk([UInt8])
    case simple([UInt8])
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
    /// A number of any size, in decimal.
    case number([UInt8])
    case array([RESPValue])
    /// Keys and values by turns.
    case map([RESPValue])
    case set([RESPValue])
    /// Something that no command asked for.
    case push([RESPValue])
    /// What the server says against a command, beginning with its code.
    case error(String)
}

extension RESPValue {
    /// The bytes of a bulk or simple string; nil of anything else.
    var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes), .simple(let bytes): bytes
        default: nil
        }
    }

    /// The text of a bulk or simple string; nil of anything else and of bytes that are not UTF-8.
    var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }

    /// Whether the server says something against the command.
    var isError: Bool {
        if case .error = self { true } else { false }
    }

    /// The elements of an array, set, push or map; nil of anything else.
    var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .map(let elements), .set(let elements), .push(let elements): elements
        default: nil
        }
    }

    /// An integer; nil of anything else.
    var integer: Int64? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// The value under a key of a map, or of an array of keys and values by turns, as RESP2 has maps.
    subscript(key: String) -> RESPValue? {
        guard let elements else { return nil }
        for index in stride(from: 0, to: elements.count - 1, by: 2) where elements[index].text == key {
            return elements[index + 1]
        }
        return nil
    }
}
#endif
