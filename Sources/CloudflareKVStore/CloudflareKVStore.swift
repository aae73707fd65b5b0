#if CloudflareKV
public import KeyValue
import StoreHTTP
import Synchronization

/// A namespace of Cloudflare KV as another system filled it: each key a record, whose value is a
/// ``CloudflareKVRecord``.
///
/// There is no layout of the store's own here: a key has 512 bytes at most, which is less than the partition and the key
/// of a record may have together, and nothing can be written under a condition. So a namespace is a source to leave, and
/// a place to put such records back; it is no target of a live migration.
///
/// The partition is the namespace's identifier. Reads may be a minute old, or show a key as missing that is there, and
/// so may the listing: hold the writers for a minute or more before a copy that has to be exact. A value that begins with
/// a byte order mark may come without it.
///
/// It obeys the limit of 1,200 requests in five minutes, over all stores that this process opened with the same token:
/// a million keys take about 47 minutes. What else uses the token's user has to leave it room.
public final class CloudflareKVStore: KeyValueStore {
    let namespace: CloudflareNamespace
    let partition: [UInt8]
    let prefix: String?
    let identity: StoreIdentity
    let environment: StoreEnvironment
    let lastPage = Mutex<ReadPage?>(nil)
    private let isClosed = Mutex(false)

    public let capabilities: Capabilities

    init(_ namespace: CloudflareNamespace, partition: String, prefix: String?, environment: StoreEnvironment) {
        self.namespace = namespace
        self.partition = Array(partition.utf8)
        self.prefix = prefix
        self.environment = environment
        identity = environment.makeIdentity()
        var limits = Limits.readOnly(
            partitionBytesMax: 64,
            keyBytesMax: 512,
            // A record has its metadata too.
            valueBytesMax: (25 << 20) + 2_048,
            getKeysMax: 1_000,
            pageKeysMax: CloudflareNamespace.listedKeysMax
        )
        limits.batchOperationsMax = 1
        limits.batchBytesMax = limits.valueBytesMax + 1_024
        capabilities = .readOnly(limits: limits, consistency: .eventual)
    }

    public var system: String { "cloudflare-kv" }

    /// Throws when the store was closed or the task cancelled.
    func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closed }
        if Task.isCancelled { throw .cancelled }
    }

    /// The name that a key stands for; nil where the namespace can't have it.
    func name(of key: Key) -> String? {
        guard key.space == .records, key.partition == partition,
            let name = String(validating: key.bytes, as: UTF8.self), name != ".", name != ".."
        else { return nil }
        return name
    }

    func key(of name: String) -> Key { Key(partition: partition, bytes: Array(name.utf8)) }

    public func close() async {
        isClosed.withLock { $0 = true }
        lastPage.withLock { $0 = nil }
        await namespace.caller.transport.close()
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try requireOpen()
        try await namespace.requireThere()
        return StoreStatus(
            durability: capabilities.durability,
            format: 1,
            facts: [
                StoreStatus.Fact("server", "\(namespace.endpoint)"),
                StoreStatus.Fact("requests in five minutes", "\(Int(RequestBudget.requestsMax))"),
            ],
            warnings: ["Reads may be a minute old: hold the writers before a copy that has to be exact."]
        )
    }
}

/// There is nothing to fence.
extension CloudflareKVStore {
    public func bins() async throws(StoreError) -> [Bin] {
        try requireOpen()
        return []
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence { throw missing(bin) }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        throw missing(bin)
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        throw missing(bin)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { throw missing(bin) }

    private func missing(_ bin: Bin) -> StoreError {
        do throws(StoreError) {
            try requireOpen()
            return .noSuchBin(bin)
        } catch {
            return error
        }
    }
}
#endif
