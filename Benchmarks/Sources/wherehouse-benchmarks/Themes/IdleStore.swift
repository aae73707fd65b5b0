import KeyValue

/// A store that answers at once and keeps nothing, so that only the way to it is measured.
struct IdleStore: KeyValueStore {
    private let entries: [Entry?] = [nil]

    var system: String { "idle" }

    var capabilities: Capabilities { MemoryProfile.reference.capabilities }

    @inline(never)
    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] { entries }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt { throw refusal }

    func scan(_ range: KeyRange, _ options: ScanOptions, after: Cursor?) async throws(StoreError) -> ScanPage {
        throw refusal
    }

    func partitions(in space: KeySpace, limit: Int, after: Cursor?) async throws(StoreError) -> PartitionPage {
        throw refusal
    }

    func bins() async throws(StoreError) -> [Bin] { throw refusal }

    func fence(of bin: Bin) async throws(StoreError) -> Fence { throw refusal }

    func setFence(of bin: Bin, to fence: Fence, expecting: Fence) async throws(StoreError) { throw refusal }

    func marks(in bin: Bin, limit: Int, after: Cursor?) async throws(StoreError) -> MarkPage { throw refusal }

    func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { throw refusal }

    func status() async throws(StoreError) -> StoreStatus { throw refusal }

    func close() async {}

    private var refusal: StoreError { StoreError(.unsupported, "This store does nothing: it is there to be called.") }
}
