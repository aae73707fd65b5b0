/// The address of one record: a space, a partition and a key, all but the first plain bytes.
///
/// Both byte strings are opaque to a store. Order is by space, then partition, then key, each as unsigned bytes, on
/// every store. `("a", "b/c")` and `("a/b", "c")` are two keys. Empty partitions and empty keys are refused with
/// ``StoreError/Code/invalidArgument``; how long they may be is in ``Capabilities/limits``.
public struct Key: Sendable {
    /// The space the key lies in.
    public var space: KeySpace
    /// The unit of placement: what one partition holds lies together, and no store spreads it.
    public var partition: [UInt8]
    /// The key within its partition.
    public var bytes: [UInt8]

    /// A key from bytes.
    public init(partition: [UInt8], bytes: [UInt8], space: KeySpace = .records) {
        self.space = space
        self.partition = partition
        self.bytes = bytes
    }

    /// A key from the UTF-8 of two texts.
    public init(_ partition: String, _ key: String, space: KeySpace = .records) {
        self.init(partition: Array(partition.utf8), bytes: Array(key.utf8), space: space)
    }
}

extension Key: Hashable {
    public static func == (left: Key, right: Key) -> Bool {
        left.space == right.space && left.bytes == right.bytes && left.partition == right.partition
    }

    public func hash(into hasher: inout Hasher) {
        partition.withUnsafeBytes { partition in
            bytes.withUnsafeBytes { bytes in
                Key.hash(space: space, partition: partition, bytes: bytes, into: &hasher)
            }
        }
    }

    /// What binds a revision to its key: one number for a key and for a row of a page that holds the same bytes. It is
    /// keyed per process, so that no caller can make two keys meet.
    static func binding(
        space: KeySpace,
        partition: UnsafeRawBufferPointer,
        bytes: UnsafeRawBufferPointer
    ) -> Int {
        var hasher = Hasher()
        hash(space: space, partition: partition, bytes: bytes, into: &hasher)
        return hasher.finalize()
    }

    var binding: Int {
        partition.withUnsafeBytes { partition in
            bytes.withUnsafeBytes { bytes in Key.binding(space: space, partition: partition, bytes: bytes) }
        }
    }

    private static func hash(
        space: KeySpace,
        partition: UnsafeRawBufferPointer,
        bytes: UnsafeRawBufferPointer,
        into hasher: inout Hasher
    ) {
        // The length of the partition keeps ("a", "bc") and ("ab", "c") apart.
        hasher.combine(partition.count << 8 | Int(space.rawValue))
        hasher.combine(bytes: partition)
        hasher.combine(bytes: bytes)
    }
}

extension Key: Comparable {
    public static func < (left: Key, right: Key) -> Bool {
        if left.space != right.space { return left.space < right.space }
        let order = ByteOrder.compare(left.partition, right.partition)
        return order != 0 ? order < 0 : ByteOrder.precedes(left.bytes, right.bytes)
    }
}

extension Key: CustomStringConvertible {
    /// Printable ASCII as it is, other bytes as `\xNN`.
    public var description: String {
        let prefix = space == .records ? "" : "\(space):"
        return prefix + Key.escaped(partition) + "/" + Key.escaped(bytes)
    }

    /// Bytes for people: printable ASCII as it is, a backslash doubled, everything else as `\xNN`.
    public static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case 0x5C: text += "\\\\"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "\\x" + (byte < 16 ? "0" : "") + digits
            }
        }
        return text
    }
}
