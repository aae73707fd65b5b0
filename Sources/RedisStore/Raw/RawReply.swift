/// A reply of a Redis, as far as a raw view asks: the same for both versions of the protocol.
enum RawReply: Hashable, Sendable {
    case null
    case number(Int64)
    case bytes([UInt8])
    /// A list, a set, or a map with its keys and values one after the other.
    case array([RawReply])
    case error(String)

    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }

    var array: [RawReply]? { if case .array(let items) = self { items } else { nil } }

    var text: String? { bytes.flatMap { String(validating: $0, as: UTF8.self) } }

    /// An integer, whether sent as one or as text.
    var number: Int64? { if case .number(let number) = self { number } else { text.flatMap { Int64($0) } } }

    var errorMessage: String? { if case .error(let message) = self { message } else { nil } }

    /// The value behind this name, in a list of names and values.
    func field(_ name: String) -> RawReply? {
        guard let items = array,
            let index = stride(from: 0, to: items.count - 1, by: 2).first(where: {
                items[$0].text == name
            })
        else { return nil }
        return items[index + 1]
    }

    var streamID: RedisRawStream.ID? {
        guard let parts = text?.split(separator: "-"), parts.count == 2, let milliseconds = UInt64(parts[0]),
            let sequence = UInt64(parts[1])
        else { return nil }
        return RedisRawStream.ID(milliseconds: milliseconds, sequence: sequence)
    }
}
