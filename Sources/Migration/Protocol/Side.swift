/// One of the two stores of a copy, a comparison or a migration.
public enum Side: UInt8, Hashable, Sendable, CaseIterable {
    /// The store that the records are to leave.
    case source = 0
    /// The store that they are to live in.
    case target = 1

    /// The other one.
    public var other: Side { self == .source ? .target : .source }
}
