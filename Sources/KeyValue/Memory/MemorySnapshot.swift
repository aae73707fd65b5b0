import Synchronization

/// A memory store as it was: its rows, which the store copies only when it changes them.
final class MemorySnapshot: StoreSnapshot {
    private let profile: MemoryProfile
    /// Nil once it is closed.
    private let state: Mutex<MemoryState?>

    init(_ state: MemoryState) {
        profile = state.profile
        self.state = Mutex(state)
    }

    private func withState<Result: Sendable>(
        _ body: (inout MemoryState) throws(StoreError) -> sending Result
    ) throws(StoreError) -> Result {
        if Task.isCancelled { throw .cancelled }
        return try state.withLock { (state: inout MemoryState?) throws(StoreError) -> sending Result in
            guard var kept = state else { throw .snapshotClosed }
            return try body(&kept)
        }
    }

    func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: profile.capabilities)
        let options = try options.validated(for: profile.capabilities)
        return try withState { (state) throws(StoreError) in try state.scan(range, options, after: cursor) }
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try profile.capabilities.limits.listingLimit(limit)
        return try withState { (state) throws(StoreError) in
            try state.partitions(in: space, limit: limit, after: cursor)
        }
    }

    func close() async { state.withLock { $0 = nil } }
}
