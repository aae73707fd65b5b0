public import KeyValue

/// How rows are copied.
public struct CopyOptions: Sendable {
    /// What becomes of a row whose key is taken in the target.
    public enum Existing: Hashable, Sendable {
        /// The target's row stays, a tombstone too, and is counted. A copy that was interrupted goes on like this.
        case keep
        /// The target's row is overwritten, whatever it is.
        case replace
        /// The copy ends with `StoreError.Code.preconditionFailed`. All keys are looked up before the first row is written,
        /// unless the target is empty; only when a key is taken meanwhile, what was written before stays.
        case fail
    }

    /// What becomes of a row whose key is taken in the target.
    public var onExisting: Existing
    /// Whether tombstones are copied, as tombstones. They are left out otherwise.
    public var includesTombstones: Bool
    /// The epoch under which rows are written; see `WriteBatch.epoch`.
    public var epoch: UInt64?
    /// How many writes are under way at a time, each of at most ``writeRowsMax`` rows.
    public var writesInFlightMax: Int
    /// How many rows go with one call to the target; at most 1,000 where its batches are smaller than that.
    public var writeRowsMax: Int
    /// How many failed rows the report lists. All are counted.
    public var failuresListedMax: Int
    /// How often what failed for a passing reason is tried again. Progress starts the count anew.
    public var retries: RetryPolicy

    /// Keeps what is there, copies tombstones, and has four writes of up to 4,096 rows under way, unless said otherwise.
    public init(
        onExisting: Existing = .keep,
        includesTombstones: Bool = true,
        epoch: UInt64? = nil,
        writesInFlightMax: Int = 4,
        writeRowsMax: Int = 4_096,
        failuresListedMax: Int = 100,
        retries: RetryPolicy = RetryPolicy()
    ) {
        self.onExisting = onExisting
        self.includesTombstones = includesTombstones
        self.epoch = epoch
        self.writesInFlightMax = writesInFlightMax
        self.writeRowsMax = writeRowsMax
        self.failuresListedMax = failuresListedMax
        self.retries = retries
    }
}
