#if S3
import AWSClient
public import KeyValue
import StoreHTTP
import Synchronization

/// A store in a bucket of S3, R2, or a server that speaks their language: an object a record.
///
/// Any number of processes may have it open. A batch is one record. What the server can do under conditions is tried out
/// when the store is opened; one that ignores conditions on writes is a store without compare-and-set. The fence is an
/// object of its own, which every opener reads again after two seconds.
public final class BucketStore: KeyValueStore {
    let client: BucketClient
    let layout: BucketLayout
    let powers: ServerPowers
    let identity: StoreIdentity
    let fence: Mutex<KeptFence?>
    private let isClosed = Mutex(false)

    public let capabilities: Capabilities

    /// For how long a fence that was read is taken for the present one.
    static let fenceLease: Duration = .seconds(2)

    /// The fence as it was read, and when.
    struct KeptFence: Sendable {
        var fence: Fence
        var readAt: Duration
    }

    init(client: BucketClient, layout: BucketLayout, powers: ServerPowers) {
        self.client = client
        self.layout = layout
        self.powers = powers
        identity = client.environment.makeIdentity()
        fence = Mutex(nil)
        let limits = layout.limits
        capabilities = Capabilities(
            batchScope: .key,
            limits: Limits(
                partitionBytesMax: limits.partition,
                keyBytesMax: limits.key,
                valueBytesMax: 1 << 20,
                // Its scope lets a batch have one.
                batchOperationsMax: Limits.portable.batchOperationsMax,
                batchBytesMax: (1 << 20) + 2_048,
                getKeysMax: 256,
                pageKeysMax: 1_000
            ),
            consistency: powers.conditionalWrite ? .linearizable : .eventual,
            durability: .powerLoss,
            order: .store,
            conditionalWrite: powers.conditionalWrite,
            conditionalDelete: powers.conditionalDelete,
            integerAdd: powers.conditionalWrite,
            reportsDeletes: powers.conditionalDelete,
            snapshotReads: false,
            reverseScan: false,
            marks: false,
            changeFeed: false,
            // A write that was admitted may be under way for as long as a call may take.
            fencing: .leased(BucketStore.fenceLease + client.caller.caller.timeout),
            singleProcess: false,
            countCost: .rows,
            sizeCost: .rows
        )
    }

    public var system: String { "s3" }

    /// Throws when the store was closed, or the task cancelled.
    func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closed }
        if Task.isCancelled { throw .cancelled }
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        await client.caller.caller.transport.close()
    }
}

/// What the server does under conditions, as it was tried out.
struct ServerPowers: Hashable, Sendable {
    /// Whether writes heed what has to be there, or not.
    var conditionalWrite: Bool
    /// Whether deletes do.
    var conditionalDelete: Bool
}
#endif
