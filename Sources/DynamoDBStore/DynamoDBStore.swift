#if DynamoDB
import AWSClient
public import KeyValue
import StoreHTTP
import Synchronization

/// A store in one table of DynamoDB, or of a service that speaks its language.
///
/// Any number of processes may have it open. Each batch is one transaction of the service, with a check of the fence in
/// it, so it reaches every partition, up to 98 operations. All reads are strongly consistent. Every partition of ours is
/// one of the service's, so that it lies where it is served at most 1,000 writes and 3,000 reads a second.
///
/// A scan of all partitions reads page after page, of 1 MB at most: it delivers partitions one after the other, which
/// the service's segments, read side by side, would not. Counts are of eight segments at a time.
public final class DynamoDBStore: KeyValueStore {
    let client: DynamoDBClient
    let identity: StoreIdentity
    /// What a row took on average, in bytes, when some were last read.
    let rowBytes = Atomic<Int>(256)
    private let fenceShard: Atomic<Int>
    private let isClosed = Mutex(false)

    init(client: DynamoDBClient) {
        self.client = client
        identity = client.environment.makeIdentity()
        // Processes that begin at different shards seldom meet at one.
        fenceShard = Atomic(Int(client.environment.random() % UInt64(DynamoDBLayout.fenceShards)))
    }

    public var system: String { "dynamodb" }

    static let getKeysMax = 100

    public var capabilities: Capabilities {
        Capabilities(
            batchScope: .store,
            limits: Limits(
                partitionBytesMax: 1_024,
                keyBytesMax: DynamoDBLayout.sortKeyBytesMax,
                // An item has 400 KiB at most, its names and its key among them.
                valueBytesMax: 390 * 1_024,
                // A transaction has 100 actions, of which one checks the fence and one may be the mark.
                batchOperationsMax: 98,
                // It has 4 MiB at most, with what is added to values.
                batchBytesMax: 3 << 20,
                getKeysMax: DynamoDBStore.getKeysMax,
                pageKeysMax: 1_024
            ),
            consistency: .linearizable,
            durability: .powerLoss,
            order: .partition,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: true,
            reportsDeletes: true,
            snapshotReads: false,
            reverseScan: true,
            marks: true,
            changeFeed: false,
            fencing: .atomic,
            singleProcess: false,
            countCost: .rows,
            sizeCost: .rows
        )
    }

    /// Another shard each time, in turn.
    func nextFenceShard() -> Int {
        let number = fenceShard.wrappingAdd(1, ordering: .relaxed).newValue
        return Int(UInt(bitPattern: number) % UInt(DynamoDBLayout.fenceShards))
    }

    /// Throws when the store was closed.
    func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closed }
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        await client.caller.caller.transport.close()
    }
}
#endif
