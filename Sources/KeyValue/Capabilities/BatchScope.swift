/// How far one batch may reach and still be applied all or none.
public enum BatchScope: Int, Hashable, Sendable, Comparable {
    /// One key: a batch is one operation.
    case key
    /// Keys of one partition, in any space.
    case partition
    /// Any keys of the store.
    case store

    public static func < (left: BatchScope, right: BatchScope) -> Bool { left.rawValue < right.rawValue }
}
