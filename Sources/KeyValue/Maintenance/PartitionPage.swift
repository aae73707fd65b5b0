/// Some of the partitions of a space.
public struct PartitionPage: Hashable, Sendable {
    /// Partitions that hold at least one row, tombstones included. In the order of bytes where
    /// ``Capabilities/order`` is ``KeyOrder/store``.
    public let partitions: [[UInt8]]
    /// Where the listing goes on; nil at its end. A page may be empty although more follow.
    public let cursor: Cursor?

    /// A page from its parts.
    public init(partitions: [[UInt8]], cursor: Cursor?) {
        self.partitions = partitions
        self.cursor = cursor
    }
}
