/// What an operator has to accept by name, with `?accept=…`, before a store is opened that way.
public enum Acceptance: String, Hashable, Sendable, CaseIterable {
    /// Less durability than the kind of store gives by default.
    case relaxed
    /// A server that removes records by itself when its memory is full.
    case eviction
    /// A store whose records were moved away: it is opened for reading alone.
    case moved
}
