import KeyValue

/// A store that does everything as the one behind it, but for what an animal changes.
struct BrokenStore: KeyValueStore {
    typealias Base = any KeyValueStore

    let base: any KeyValueStore
    var capabilities: Capabilities
    var system = "zoo"

    var onGet: @Sendable (Base, [Key], ReadOptions) async throws(StoreError) -> [Entry?] = {
        (base, keys, options) async throws(StoreError) in try await base.get(keys, options)
    }
    var onWrite: @Sendable (Base, WriteBatch) async throws(StoreError) -> WriteReceipt = {
        (base, batch) async throws(StoreError) in try await base.write(batch)
    }
    /// Nil where each batch goes through ``onWrite``.
    var onWriteEach: (@Sendable (Base, [WriteBatch]) async -> [Result<WriteReceipt, StoreError>])?
    var onScan: @Sendable (Base, KeyRange, ScanOptions, Cursor?) async throws(StoreError) -> ScanPage = {
        (base, range, options, cursor) async throws(StoreError) in
        try await base.scan(range, options, after: cursor)
    }
    var onSnapshot: @Sendable (Base) async throws(StoreError) -> any StoreSnapshot = {
        (base) async throws(StoreError) in try await base.snapshot()
    }
    var onPartitions: @Sendable (Base, KeySpace, Int, Cursor?) async throws(StoreError) -> PartitionPage = {
        (base, space, limit, cursor) async throws(StoreError) in
        try await base.partitions(in: space, limit: limit, after: cursor)
    }
    var onCount: @Sendable (Base, KeyRange, ReadOptions) async throws(StoreError) -> Measurement = {
        (base, range, options) async throws(StoreError) in try await base.count(range, options)
    }
    var onSize: @Sendable (Base, KeyRange, ReadOptions) async throws(StoreError) -> Measurement = {
        (base, range, options) async throws(StoreError) in try await base.size(range, options)
    }
    var onDelete: @Sendable (Base, KeyRange, Int, UInt64?, Cursor?) async throws(StoreError) -> DeletedRange = {
        (base, range, limit, epoch, cursor) async throws(StoreError) in
        try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
    }
    var onBins: @Sendable (Base) async throws(StoreError) -> [Bin] = {
        (base) async throws(StoreError) in try await base.bins()
    }
    var onFence: @Sendable (Base, Bin) async throws(StoreError) -> Fence = {
        (base, bin) async throws(StoreError) in try await base.fence(of: bin)
    }
    var onSetFence: @Sendable (Base, Bin, Fence, Fence) async throws(StoreError) -> Void = {
        (base, bin, fence, expected) async throws(StoreError) in
        try await base.setFence(of: bin, to: fence, expecting: expected)
    }
    var onMarks: @Sendable (Base, Bin, Int, Cursor?) async throws(StoreError) -> MarkPage = {
        (base, bin, limit, cursor) async throws(StoreError) in
        try await base.marks(in: bin, limit: limit, after: cursor)
    }
    var onClearMarks: @Sendable (Base, [MarkID], Bin) async throws(StoreError) -> Void = {
        (base, ids, bin) async throws(StoreError) in try await base.clearMarks(ids, in: bin)
    }
    var onFeedPosition: @Sendable (Base) async throws(StoreError) -> FeedPosition = {
        (base) async throws(StoreError) in try await base.feedPosition()
    }
    var onChanges: @Sendable (Base, FeedPosition, Int) async throws(StoreError) -> ChangePage? = {
        (base, position, limit) async throws(StoreError) in
        try await base.changes(since: position, limit: limit)
    }
    var onStatus: @Sendable (Base) async throws(StoreError) -> StoreStatus = {
        (base) async throws(StoreError) in try await base.status()
    }
    var onClose: @Sendable (Base) async -> Void = { base in await base.close() }

    init(_ base: any KeyValueStore) {
        self.base = base
        capabilities = base.capabilities
    }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await onGet(base, keys, options)
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt { try await onWrite(base, batch) }

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        if let onWriteEach { return await onWriteEach(base, batches) }
        var results: [Result<WriteReceipt, StoreError>] = []
        for batch in batches {
            do throws(StoreError) {
                results.append(.success(try await onWrite(base, batch)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await onScan(base, range, options, cursor)
    }

    func snapshot() async throws(StoreError) -> any StoreSnapshot { try await onSnapshot(base) }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await onPartitions(base, space, limit, cursor)
    }

    func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await onCount(base, range, options)
    }

    func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await onSize(base, range, options)
    }

    func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange {
        try await onDelete(base, range, limit, epoch, cursor)
    }

    func bins() async throws(StoreError) -> [Bin] { try await onBins(base) }

    func fence(of bin: Bin) async throws(StoreError) -> Fence { try await onFence(base, bin) }

    func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try await onSetFence(base, bin, fence, expected)
    }

    func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try await onMarks(base, bin, limit, cursor)
    }

    func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try await onClearMarks(base, ids, bin)
    }

    func feedPosition() async throws(StoreError) -> FeedPosition { try await onFeedPosition(base) }

    func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage? {
        try await onChanges(base, position, limit)
    }

    func status() async throws(StoreError) -> StoreStatus { try await onStatus(base) }

    func close() async { await onClose(base) }
}
