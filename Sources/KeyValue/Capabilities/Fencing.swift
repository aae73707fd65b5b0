/// When a store checks a batch against its fence.
public enum Fencing: Hashable, Sendable {
    /// In the batch's own atomic write: once a fence is set, no batch of another epoch is applied.
    case atomic
    /// By a copy of the fence that is read again when it is older than this: a batch of another epoch may still be
    /// applied for as long after a fence was set.
    case leased(Duration)
}
