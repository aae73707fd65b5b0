#if SQLite
public import KeyValue
import Synchronization

/// A store in one file on a disk of this machine, by way of SQLite: what Wherehouse uses unless told otherwise.
///
/// One process holds it, and within that any number of tasks. Writes that wait together are committed together.
/// Reads run where they are called and never wait for writes. The file is an ordinary SQLite database in WAL mode;
/// other programs may read it meanwhile.
///
/// Without ``close()`` a store that is let go of finishes what was begun, closes its file and releases its lock a
/// moment later.
public final class SQLiteStore: KeyValueStore {
    /// The absolute path of the database file.
    public let path: String
    let configuration: SQLiteConfiguration
    let environment: StoreEnvironment
    let identity: StoreIdentity
    let queue: WriteQueue
    let shared: WriterState
    let pool: ReaderPool
    let snapshots = OpenSnapshots()
    let completion: Completion
    private let turns = ReadTurns()

    init(
        path: String,
        configuration: SQLiteConfiguration,
        environment: StoreEnvironment,
        identity: StoreIdentity,
        queue: WriteQueue,
        shared: WriterState,
        completion: Completion
    ) {
        self.path = path
        self.configuration = configuration
        self.environment = environment
        self.identity = identity
        self.queue = queue
        self.shared = shared
        self.completion = completion
        pool = ReaderPool(path: path, configuration: configuration)
        capabilities = SQLiteStore.capabilities(configuration)
    }

    deinit {
        pool.close()
        queue.close()
    }

    public var system: String { "sqlite" }

    public let capabilities: Capabilities

    private static func capabilities(_ configuration: SQLiteConfiguration) -> Capabilities {
        Capabilities(
            batchScope: .store,
            limits: Limits(
                partitionBytesMax: 1_024,
                keyBytesMax: 4_096,
                valueBytesMax: 16 << 20,
                batchOperationsMax: 16_384,
                batchBytesMax: 64 << 20,
                getKeysMax: 1_024,
                pageKeysMax: 4_096
            ),
            consistency: .linearizable,
            durability: configuration.synchronous.durability,
            order: .store,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: true,
            reportsDeletes: true,
            snapshotReads: true,
            snapshots: true,
            reverseScan: true,
            marks: true,
            changeFeed: false,
            fencing: .atomic,
            singleProcess: true,
            countCost: .rows,
            sizeCost: .rows
        )
    }

    public func close() async {
        pool.close()
        let snapshots = snapshots.close()
        for snapshot in snapshots { snapshot.close() }
        await pool.drain()
        for snapshot in snapshots { await snapshot.drain() }
        queue.close()
        await completion.wait()
    }

    // MARK: - Running reads

    /// Runs a read here and now, and lets other tasks have the thread after some of them.
    ///
    /// - Parameters:
    ///   - rows: about how many look-ups the read is worth.
    ///   - snapshot: who lends the connection of a snapshot to read; nil to read the store as it is.
    func read<Result>(
        rows: Int,
        on snapshot: ReaderPool? = nil,
        _ body: (Connection) throws(EngineError) -> Result
    ) async throws(StoreError) -> Result {
        if Task.isCancelled { throw .cancelled }
        let lender = snapshot ?? pool
        let connection = try await lender.borrow()
        // Without its transaction it would show the store as it is now.
        if snapshot != nil, !connection.isInTransaction {
            lender.giveBack(connection)
            throw .snapshotClosed
        }
        let result: Result
        do throws(EngineError) {
            defer { lender.giveBack(connection) }
            result = try body(connection)
        } catch {
            throw error.storeError
        }
        if turns.isOver(after: rows) { await turns.pass() }
        return result
    }

    /// Hands work to the writer and waits for its answers, one a unit.
    func perform(_ work: WriteRequest.Work) async -> [WriteRequest.Answer] {
        let request = WriteRequest(work)
        await withTaskCancellationHandler {
            await withUnsafeContinuation { queue.enqueue(request, $0) }
        } onCancel: {
            queue.withdraw(request)
        }
        return request.answers
    }
}
#endif
