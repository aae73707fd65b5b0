/// In which order scans deliver keys.
public enum KeyOrder: Int, Hashable, Sendable, Comparable {
    /// In none that can be relied on.
    case none
    /// Ascending within each partition; partitions one after the other, in an order of the store's own.
    case partition
    /// Ascending by partition, then key.
    case store

    public static func < (left: KeyOrder, right: KeyOrder) -> Bool { left.rawValue < right.rawValue }
}
