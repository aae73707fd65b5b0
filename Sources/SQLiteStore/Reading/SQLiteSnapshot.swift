#if SQLite
public import KeyValue
import Synchronization

/// The database as it was at one moment: a connection whose read transaction stays open.
///
/// Its one connection is lent by a pool of its own, so callers wait in line without keeping a thread.
final class SQLiteSnapshot: StoreSnapshot {
    private let store: SQLiteStore
    private let pool: ReaderPool

    init(_ store: SQLiteStore, _ pool: ReaderPool) {
        self.store = store
        self.pool = pool
    }

    deinit {
        pool.close()
        store.snapshots.remove(pool)
    }

    func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await store.scan(range, options, after: cursor, on: pool)
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await store.partitions(in: space, limit: limit, after: cursor, on: pool)
    }

    func close() async {
        pool.close()
        await pool.drain()
        store.snapshots.remove(pool)
    }
}

/// The snapshots that are open, which end with their store.
final class OpenSnapshots: Sendable {
    private struct State {
        var pools: [ObjectIdentifier: ReaderPool] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Takes in one more; throws when there are too many.
    func insert(_ pool: ReaderPool, countMax: Int) throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            guard !state.isClosed else { throw .closed }
            guard state.pools.count < countMax else {
                throw StoreError(
                    .throttled,
                    "Too many snapshots of this store are open at once: close one, or wait for one that ends.",
                    ["maximum": "\(countMax)"]
                )
            }
            state.pools[ObjectIdentifier(pool)] = pool
        }
    }

    func remove(_ pool: ReaderPool) {
        state.withLock { state in _ = state.pools.removeValue(forKey: ObjectIdentifier(pool)) }
    }

    /// Takes in nothing more; those that are left.
    func close() -> [ReaderPool] {
        state.withLock { state in
            state.isClosed = true
            defer { state.pools = [:] }
            return Array(state.pools.values)
        }
    }
}

extension SQLiteStore {
    /// Opens a connection of its own for each snapshot, at most ``SQLiteConfiguration/snapshotsMax`` at a time; one
    /// more throws `StoreError.Code.throttled`.
    ///
    /// The log can't begin anew while one is open, so it grows with what is written, until the snapshot is closed.
    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        if Task.isCancelled { throw .cancelled }
        var configuration = configuration
        configuration.readersMax = 1
        let pool = ReaderPool(path: path, configuration: configuration, closed: .snapshotClosed)
        try snapshots.insert(pool, countMax: configuration.snapshotsMax)
        let snapshot = SQLiteSnapshot(self, pool)
        let connection = try await pool.borrow()
        defer { pool.giveBack(connection) }
        do throws(EngineError) {
            try connection.run(.begin)
            // The first read of a transaction chooses its moment.
            _ = try connection.number("user_version")
        } catch {
            throw error.storeError
        }
        return snapshot
    }
}
#endif
