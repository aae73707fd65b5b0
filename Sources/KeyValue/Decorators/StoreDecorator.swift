/// A store that stands before another and adds to every call: a conforming type says what once, in ``around(_:_:)``.
///
/// Capabilities, system and everything else are those of the store behind it.
public protocol StoreDecorator: KeyValueStore {
    /// The store behind.
    var base: any KeyValueStore { get }

    /// Does a call: runs `body`, which calls the store behind, when, if and as often as it sees fit.
    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result
}

extension StoreDecorator {
    public var system: String { base.system }

    public var capabilities: Capabilities { base.capabilities }

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await around(StoreCall(.get, items: keys.count)) { () async throws(StoreError) in
            try await base.get(keys, options)
        }
    }

    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await around(StoreCall(.write, items: batch.operations.count)) { () async throws(StoreError) in
            try await base.write(batch)
        }
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        do throws(StoreError) {
            return try await around(StoreCall(.writeEach, items: batches.count)) { () async throws(StoreError) in
                await base.write(each: batches)
            }
        } catch {
            return batches.map { _ in .failure(error) }
        }
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await around(StoreCall(.scan)) { () async throws(StoreError) in
            try await base.scan(range, options, after: cursor)
        }
    }

    /// The snapshot itself is that of the store behind: its pages are read without the decorator.
    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        try await around(StoreCall(.snapshot)) { () async throws(StoreError) in try await base.snapshot() }
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await around(StoreCall(.partitions)) { () async throws(StoreError) in
            try await base.partitions(in: space, limit: limit, after: cursor)
        }
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await around(StoreCall(.count)) { () async throws(StoreError) in try await base.count(range, options) }
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await around(StoreCall(.size)) { () async throws(StoreError) in try await base.size(range, options) }
    }

    public func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange {
        try await around(StoreCall(.delete)) { () async throws(StoreError) in
            try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
        }
    }

    public func bins() async throws(StoreError) -> [Bin] {
        try await around(StoreCall(.bins)) { () async throws(StoreError) in try await base.bins() }
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try await around(StoreCall(.fence)) { () async throws(StoreError) in try await base.fence(of: bin) }
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try await around(StoreCall(.setFence)) { () async throws(StoreError) in
            try await base.setFence(of: bin, to: fence, expecting: expected)
        }
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try await around(StoreCall(.marks)) { () async throws(StoreError) in
            try await base.marks(in: bin, limit: limit, after: cursor)
        }
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try await around(StoreCall(.clearMarks, items: ids.count)) { () async throws(StoreError) in
            try await base.clearMarks(ids, in: bin)
        }
    }

    public func feedPosition() async throws(StoreError) -> FeedPosition {
        try await around(StoreCall(.feedPosition)) { () async throws(StoreError) in try await base.feedPosition() }
    }

    public func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage? {
        try await around(StoreCall(.changes)) { () async throws(StoreError) in
            try await base.changes(since: position, limit: limit)
        }
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try await around(StoreCall(.status)) { () async throws(StoreError) in try await base.status() }
    }

    public func close() async { await base.close() }
}
