/// One row as it was read.
public struct Entry: Hashable, Sendable {
    /// Where it lies.
    public let key: Key
    /// Its value; empty for a tombstone.
    public let value: [UInt8]
    /// The token to write it conditionally.
    public let revision: Revision
    /// Whether the row only says that the record was deleted.
    public let isTombstone: Bool

    /// A row from its parts.
    public init(key: Key, value: [UInt8], revision: Revision, isTombstone: Bool = false) {
        self.key = key
        self.value = value
        self.revision = revision
        self.isTombstone = isTombstone
    }
}
