/// A store of records under keys of bytes: what every database that Wherehouse runs on is made to be.
///
/// The contract, in short; each type's documentation has the rest.
///
/// - **Bytes.** Partitions, keys and values are bytes; order is that of unsigned bytes. Empty values are legal, empty
///   partitions and keys are not.
/// - **Reads** show what ``Capabilities/consistency`` promises. Tombstones and reserved space are hidden unless asked
///   for.
/// - **Writes** are batches, applied all or none, under preconditions that are judged in the same atomic step and
///   checked against the store's ``Fence``. When a write returns, it is as durable as ``Capabilities/durability``
///   says.
/// - **Limits** and scope are checked before the store is asked; a batch beyond them writes nothing.
/// - **Errors** are ``StoreError``s, thrown; nothing ends early in silence.
/// - **Cancellation** of the calling task: an operation either completes or throws ``StoreError/Code/cancelled``; a
///   batch whose fate can't be known throws ``StoreError/Code/outcomeUnknown``.
/// - **Isolation.** Every method may be called from any task, at any time, concurrently with every other until
///   ``close()``. None blocks the thread it is called on for longer than a short computation.
///
/// A type that conforms runs the cases of `KeyValueConformance` in its tests. How to write one is told in
/// <doc:ImplementingAStore>.
public protocol KeyValueStore: Sendable {
    /// The kind of store, in lower case, for logs and metrics: "sqlite", "memory".
    var system: String { get }

    /// What the store can do and promises. A store that stands between others may change it while it runs.
    var capabilities: Capabilities { get }

    /// Reads keys of any partitions and spaces in one round trip.
    ///
    /// - Returns: An entry a key, in the order of `keys`; nil where there is no live record, or no row at all with
    ///   ``ReadOptions/includesTombstones``.
    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?]

    /// Applies a batch, all or none.
    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt

    /// Applies batches that have nothing to do with each other, in as few round trips as the store can.
    ///
    /// Each batch is atomic by itself, and its success or failure says nothing of the others'. They may be applied in
    /// any order, so no two may name the same key.
    /// - Returns: A result a batch, in the order of `batches`.
    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>]

    /// Reads one page of a range. It costs what it examines, at most ``ScanOptions/limit`` keys.
    ///
    /// Every record that is there from before the first page until after the last is delivered exactly once. One that
    /// comes or goes meanwhile may be delivered or not. The cursor is that of the page before; nil begins the range.
    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage

    /// The store as it is at one moment during the call, to be read at leisure, where ``Capabilities/snapshots`` says
    /// that there is such a thing; throws ``StoreError/Code/unsupported`` where not.
    ///
    /// It shows every write that was acknowledged before the call. The caller closes it.
    func snapshot() async throws(StoreError) -> any StoreSnapshot

    /// Lists partitions that hold rows of a space, at most `limit` of them.
    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage

    /// Counts the records of a range, at the cost of ``Capabilities/countCost``.
    func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement

    /// Sums the bytes of the keys and values of a range, without partitions and without the store's own overhead, at
    /// the cost of ``Capabilities/sizeCost``.
    func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement

    /// Deletes the live records of a range, one bounded step of at most `limit` keys examined.
    ///
    /// It is not atomic: records go in ordinary batches, and what is written into the range meanwhile may go or stay.
    /// Tombstones stay. Reserved space is refused with ``StoreError/Code/invalidArgument``. The epoch is that of the
    /// batches, as ``WriteBatch/epoch``; a step that finds nothing to delete writes no batch and meets no fence.
    func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange

    /// The bins of the store, in an order that stays.
    func bins() async throws(StoreError) -> [Bin]

    /// The fence of a bin.
    func fence(of bin: Bin) async throws(StoreError) -> Fence

    /// Replaces the fence of a bin, if it is still `expected`, under the rules of ``Fence/allow(_:expecting:)``.
    ///
    /// When it returns, no batch that the new fence does not admit is applied any more in this bin, from whichever
    /// process, at once or after the time in ``Capabilities/fencing``.
    func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError)

    /// Lists the marks of a bin in the order of their names, at most `limit`.
    func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage

    /// Removes marks of a bin by name. Names that are not there are passed over.
    func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError)

    /// Where the feed of changes ends now: behind every change that was acknowledged before the call, and before every
    /// one that begins after it.
    ///
    /// Throws ``StoreError/Code/unsupported`` where ``Capabilities/changeFeed`` says that there is no feed.
    func feedPosition() async throws(StoreError) -> FeedPosition

    /// Reads some of the changes behind a place in the feed, at most `limit`; a page may be empty and not the last.
    ///
    /// Every change behind the place is shown at least once, the last one of a key at its own place or later; those
    /// before it may be left out. Nothing is taken out of the feed.
    /// - Returns: Nil when the store no longer keeps all that came behind the place: then any key may have changed.
    func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage?

    /// What the store tells of itself.
    func status() async throws(StoreError) -> StoreStatus

    /// Finishes what was begun, and lets go of everything. Later calls throw ``StoreError/Code/unavailable``.
    func close() async
}
