/// What reads and conditional writes of one key can rely on, among all clients of the store.
public enum Consistency: Int, Hashable, Sendable, Comparable {
    /// A read may show an older state for some time, even to the writer.
    case eventual
    /// Of two conditional writes from the same revision at most one succeeds; a read may still be older than an
    /// acknowledged write.
    case exclusiveWrites
    /// Every operation on a key takes effect at one moment between its call and its return.
    case linearizable

    public static func < (left: Consistency, right: Consistency) -> Bool { left.rawValue < right.rawValue }
}
