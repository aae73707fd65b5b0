#if CouchDB
import KeyValue

/// The identifiers of the documents that rows are kept in: ASCII, one to one with keys, and in the same order.
///
/// A row's is the digit of its space, a blank, the partition, a blank, and the key, both encoded byte by byte:
/// 0x22 to 0x7D stand for themselves; those below become `!` and the character 0x30 places further up; those above
/// become `~` and two hexadecimal digits in lower case. No encoding of a byte begins with another's, their order is that
/// of the bytes, and a blank is before all of them. The server orders identifiers by their bytes.
enum DocumentID {
    /// The document that says how the others are laid out.
    static let format = "wherehouse format"
    /// The document of the fence.
    static let fence = "wherehouse fence"

    private static let blank: UInt8 = 0x20
    private static let digits = Array("0123456789abcdef".utf8)

    /// The identifier of the row at a key.
    static func of(_ key: Key) -> [UInt8] {
        var id = prefix(of: key.partition, in: key.space)
        append(key.bytes, to: &id)
        return id
    }

    /// What the identifiers of all rows of a partition begin with.
    static func prefix(of partition: [UInt8], in space: KeySpace) -> [UInt8] {
        var id = prefix(of: space)
        append(partition, to: &id)
        id.append(blank)
        return id
    }

    /// What the identifiers of all rows of a space begin with.
    static func prefix(of space: KeySpace) -> [UInt8] { [0x30 + space.rawValue, blank] }

    /// The place of a partition's lower or upper bound among the identifiers of a space.
    static func bound(partition: [UInt8], in space: KeySpace) -> [UInt8] {
        var id = prefix(of: space)
        append(partition, to: &id)
        return id
    }

    /// The place of a key's bound among the identifiers of a partition; the key may be empty.
    static func bound(key: [UInt8], of partition: [UInt8], in space: KeySpace) -> [UInt8] {
        var id = prefix(of: partition, in: space)
        append(key, to: &id)
        return id
    }

    /// The key of a row's identifier; nil for what is none.
    static func key(_ id: some Collection<UInt8>) -> Key? {
        var rest = Array(id)[...]
        guard let digit = rest.popFirst(), digit >= 0x30, let space = KeySpace(rawValue: digit - 0x30),
            rest.popFirst() == blank, let end = rest.firstIndex(of: blank), let partition = decoded(rest[..<end]),
            let bytes = decoded(rest[(end + 1)...]), !partition.isEmpty, !bytes.isEmpty
        else { return nil }
        return Key(partition: partition, bytes: bytes, space: space)
    }

    private static func append(_ bytes: [UInt8], to id: inout [UInt8]) {
        id.reserveCapacity(id.count + bytes.count + 1)
        for byte in bytes {
            switch byte {
            case 0x22...0x7D: id.append(byte)
            case ..<0x22: id += [0x21, byte + 0x30]
            default: id += [0x7E, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    private static func decoded(_ id: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(id.count)
        var rest = id
        while let character = rest.popFirst() {
            switch character {
            case 0x22...0x7D: bytes.append(character)
            case 0x21:
                guard let shifted = rest.popFirst(), (0x30..<0x52).contains(shifted) else { return nil }
                bytes.append(shifted - 0x30)
            case 0x7E:
                guard let high = rest.popFirst().flatMap(digits.firstIndex), (7...15).contains(high),
                    let low = rest.popFirst().flatMap(digits.firstIndex), high > 7 || low >= 14
                else { return nil }
                bytes.append(UInt8(high << 4 | low))
            default: return nil
            }
        }
        return bytes
    }
}
#endif
