/// How a copy keeps track of itself, so that it goes on where it was when it is killed and run again.
///
/// While it runs, a checkpoint lies in the local half of the target's reserved space, which is never copied, and says up
/// to where everything has been written. It is renewed twice to four times a second, at the end of a page, and removed
/// at the end of the copy. It is as durable as any write of the target's: a target that was opened for less than power
/// loss may keep it and lose rows in one.
///
/// A copy of the same name that finds a checkpoint goes on from there, if the options are the same, and if the last row
/// before it is still what it was in the source, and is there in the target. Otherwise it begins anew. Nothing else is
/// looked at: whoever wrote to either store meanwhile begins anew on purpose, or verifies afterwards.
public struct CheckpointOptions: Sendable {
    /// What tells the source from others that are copied into the same target; without secrets.
    public var source: String
    /// Whether a checkpoint that is there is passed over.
    public var restarts: Bool
    /// The time between two checkpoints, at least.
    public var interval: Duration
    /// Told before the first row is written.
    public var onBeginning: @Sendable (CopyBeginning) -> Void

    /// Checkpoints for copies of this source.
    public init(
        source: String,
        restarts: Bool = false,
        interval: Duration = .milliseconds(250),
        onBeginning: @escaping @Sendable (CopyBeginning) -> Void = { _ in }
    ) {
        self.source = source
        self.restarts = restarts
        self.interval = interval
        self.onBeginning = onBeginning
    }
}

/// Where a copy begins.
public enum CopyBeginning: Hashable, Sendable {
    /// At the first row, as there is no checkpoint or none was to be used.
    case first
    /// Behind this many rows that an earlier run is done with.
    case behind(rows: Int)
    /// At the first row, although there is a checkpoint.
    case anew(Reason)

    /// Why a checkpoint can't be used.
    public enum Reason: String, Hashable, Sendable {
        /// It was written under other options, or between stores of another order.
        case otherOptions = "the options are others"
        /// The source no longer has the row that was read last.
        case sourceChanged = "the source is not what it was"
        /// The target no longer has the row that was written last.
        case targetChanged = "the target is not what it was"
        /// It is of another release's format.
        case unknownFormat = "it is of another format"
    }
}
