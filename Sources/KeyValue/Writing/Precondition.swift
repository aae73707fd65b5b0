/// What has to hold at a key for a batch to be applied.
///
/// All preconditions of a batch are judged against the state before the batch.
public enum Precondition: Hashable, Sendable {
    /// There is no live record: nothing at all, or a tombstone. What a client means by "create".
    case absent
    /// There is no row at all, not even a tombstone. What a copier means by "not there yet".
    case vacant
    /// There is a live record, whatever its value.
    case exists
    /// The row, live or tombstone, is the very one that was read with this revision.
    case revision(Revision)
}
