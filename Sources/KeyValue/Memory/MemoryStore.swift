import Synchronization

/// A store in the memory of the process: the reference of the contract, and by its profiles a double of every other
/// kind of store.
///
/// It holds nothing longer than the process runs. Every call is short and takes one lock.
public final class MemoryStore: KeyValueStore {
    private let profile: MemoryProfile
    private let environment: StoreEnvironment
    private let state: Mutex<MemoryState>

    /// An empty store.
    public init(_ profile: MemoryProfile = .reference, environment: StoreEnvironment = .live) {
        self.profile = profile
        self.environment = environment
        state = Mutex(MemoryState(profile: profile, identity: environment.makeIdentity()))
    }

    public var system: String { "memory" }

    public var capabilities: Capabilities { profile.capabilities }

    private func withState<Result: Sendable>(
        _ body: (inout MemoryState) throws(StoreError) -> sending Result
    ) throws(StoreError) -> Result {
        if Task.isCancelled { throw .cancelled }
        return try state.withLock { (state: inout MemoryState) throws(StoreError) -> sending Result in
            guard !state.isClosed else { throw .closed }
            return try body(&state)
        }
    }

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        return try withState { (state) throws(StoreError) in state.get(keys, options) }
    }

    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try batch.validate(for: capabilities)
        let id = batch.id ?? environment.makeWriteID()
        let now = environment.now()
        return try withState { (state) throws(StoreError) in try state.write(batch, id: id, now: now) }
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        let options = try options.validated(for: capabilities)
        return try withState { (state) throws(StoreError) in try state.scan(range, options, after: cursor) }
    }

    /// The rows as they are, also those that reads do not show yet where they lag behind. It outlives the store.
    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        guard capabilities.snapshots else { throw .noSnapshots }
        return MemorySnapshot(try withState { (state) throws(StoreError) in state })
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        return try withState { (state) throws(StoreError) in
            try state.partitions(in: space, limit: limit, after: cursor)
        }
    }

    public func bins() async throws(StoreError) -> [Bin] {
        try withState { (_) throws(StoreError) in MemoryState.bins(of: profile) }
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try withState { (state) throws(StoreError) in try state.fence(of: bin) }
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try withState { (state) throws(StoreError) in try state.setFence(of: bin, to: fence, expecting: expected) }
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        let limit = try capabilities.limits.listingLimit(limit)
        return try withState { (state) throws(StoreError) in try state.marks(in: bin, limit: limit, after: cursor) }
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try withState { (state) throws(StoreError) in try state.clearMarks(ids, in: bin) }
    }

    public func feedPosition() async throws(StoreError) -> FeedPosition {
        guard capabilities.changeFeed else { throw .noFeed }
        return try withState { (state) throws(StoreError) in state.feed.end }
    }

    public func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage? {
        guard capabilities.changeFeed else { throw .noFeed }
        let limit = try capabilities.limits.listingLimit(limit)
        return try withState { (state) throws(StoreError) in try state.feed.changes(since: position, limit: limit) }
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try withState { (_) throws(StoreError) in
            StoreStatus(
                durability: profile.capabilities.durability,
                format: 1,
                facts: [StoreStatus.Fact("profile", profile.name)],
                warnings: ["Everything in this store is gone when the process ends."]
            )
        }
    }

    public func close() async { state.withLock { $0.close() } }
}
