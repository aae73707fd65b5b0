public import KeyValue

/// One row on its way from one place to another, without what binds it to the store that it was read from.
public struct Row: Hashable, Sendable {
    /// Where it lies.
    public var key: Key
    /// Its value; empty for a tombstone.
    public var value: [UInt8]
    /// Whether the row only says that the record was deleted.
    public var isTombstone: Bool

    /// A row from its parts.
    public init(key: Key, value: [UInt8], isTombstone: Bool = false) {
        self.key = key
        self.value = value
        self.isTombstone = isTombstone
    }

    /// Bytes of the partition, the key and the value together.
    public var byteCount: Int { key.partition.count + key.bytes.count + value.count }
}
