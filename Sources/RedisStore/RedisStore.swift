#if Redis
public import KeyValue
import Synchronization

/// A store in one Redis, or in a Redis Cluster: everything in memory, and on disk as the server's configuration says.
///
/// Any number of processes may have it open. Each batch is one script in one slot, so nothing comes between its parts.
/// Partitions are spread over 256 buckets, each with a fence of its own; the layout is the same with and without a
/// cluster. No command reads or changes more than a bounded number of rows, so none holds the server up.
///
/// Replicas are written to after the fact: a failover may lose writes that were acknowledged.
public final class RedisStore: KeyValueStore {
    let client: RedisClient
    let layout: RedisLayout
    let identity: StoreIdentity
    let environment: StoreEnvironment
    let scripts: ScriptRunner
    let configuration: RedisStoreConfiguration
    private let isClosed = Mutex(false)

    public let capabilities: Capabilities

    init(
        client: RedisClient,
        layout: RedisLayout,
        configuration: RedisStoreConfiguration,
        durability: Durability,
        environment: StoreEnvironment
    ) {
        self.client = client
        self.layout = layout
        self.configuration = configuration
        self.environment = environment
        identity = environment.makeIdentity()
        scripts = ScriptRunner(client)
        capabilities = RedisStore.capabilities(durability: durability, isCluster: client.isCluster)
    }

    public var system: String { "redis" }

    private static func capabilities(durability: Durability, isCluster: Bool) -> Capabilities {
        Capabilities(
            batchScope: .partition,
            limits: Limits(
                partitionBytesMax: 1_024,
                keyBytesMax: 2_048,
                valueBytesMax: 512 * 1_024,
                batchOperationsMax: 256,
                batchBytesMax: 3 << 20,
                getKeysMax: 256,
                pageKeysMax: 512
            ),
            // After a failover two writers may both have been told that they wrote first; only one is there then.
            consistency: isCluster ? .exclusiveWrites : .linearizable,
            durability: durability,
            order: .partition,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: true,
            reportsDeletes: true,
            // A get of many keys is several commands.
            snapshotReads: false,
            reverseScan: true,
            marks: true,
            changeFeed: false,
            fencing: .atomic,
            singleProcess: false,
            countCost: .partitions,
            sizeCost: .rows
        )
    }

    /// Throws when the store was closed, for calls that ask no server.
    func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closed }
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        await client.close()
    }

    /// What the server says in an unexpected way.
    static var strangeReply: StoreError {
        StoreError(.unsupported, "The server's reply is not one of a Redis: see what the URL leads to.")
    }
}
#endif
