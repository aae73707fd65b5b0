#if CouchDB
public import KeyValue
import StoreHTTP
import Synchronization

/// A store in one database of CouchDB 3: every row is a document.
///
/// Any number of processes may have it open. A batch reaches one document. Preconditions are judged over the document
/// that was read, and the server's `_rev` sees to it that it is that one which is replaced.
///
/// On one node every operation on a key takes effect at one moment. In a cluster reads may lag behind, and writes with
/// a precondition ask every node that has a copy (`w=n`): only then is a success exclusive. While one of those nodes is
/// down, such writes end in `StoreError.Code.outcomeUnknown`; and so may all of those that write one key at once, since
/// each may have got some of the copies.
///
/// Batches are checked against a copy of the fence that is two seconds old at most; see `Capabilities.fencing`. What is
/// deleted leaves a stub in the database for good, as CouchDB has it.
public final class CouchDBStore: KeyValueStore {
    let database: CouchDatabase
    let facts: ClusterFacts
    let fences: FenceCopy
    let identity: StoreIdentity
    let environment: StoreEnvironment
    /// About how many bytes a row takes in a reply, after what was read so far.
    let rowBytes = Atomic<Int>(1_024)
    private let isClosed = Mutex(false)

    public let capabilities: Capabilities

    init(_ database: CouchDatabase, _ facts: ClusterFacts, environment: StoreEnvironment) {
        self.database = database
        self.facts = facts
        self.environment = environment
        identity = environment.makeIdentity()
        fences = FenceCopy(environment)
        capabilities = CouchDBStore.capabilities(facts, writeTimeout: database.caller.timeout)
    }

    public var system: String { "couchdb" }

    static let limits = Limits(
        partitionBytesMax: 512,
        keyBytesMax: 1_024,
        valueBytesMax: 1 << 20,
        batchOperationsMax: 64,
        batchBytesMax: 4 << 20,
        getKeysMax: 1_000,
        pageKeysMax: 2_000
    )

    private static func capabilities(_ facts: ClusterFacts, writeTimeout: Duration) -> Capabilities {
        Capabilities(
            batchScope: .key,
            limits: limits,
            consistency: facts.copies > 1 ? .exclusiveWrites : .linearizable,
            // Every commit is flushed.
            durability: .powerLoss,
            order: .store,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: false,
            reportsDeletes: true,
            snapshotReads: false,
            reverseScan: true,
            marks: false,
            // A cluster's feed is read from one copy of each document, which may not have what others have.
            changeFeed: facts.copies == 1,
            // The copy may have taken as long as a request to arrive, and so may what was checked against it.
            fencing: .leased(FenceCopy.ageMax + writeTimeout * 2),
            singleProcess: false,
            countCost: .rows,
            sizeCost: .rows
        )
    }

    /// Throws when the store was closed or the task cancelled.
    func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closed }
        if Task.isCancelled { throw .cancelled }
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        await database.caller.transport.close()
    }
}
#endif
