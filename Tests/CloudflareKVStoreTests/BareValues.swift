#if CloudflareKV
import CloudflareKVStore
import KeyValue

/// A namespace seen as names and bare values, since what lies under a key of it is a ``CloudflareKVRecord`` and not any
/// bytes: each value is that of a record without metadata and expiry.
struct BareValues: StoreDecorator {
    /// By how much a record is longer than its value, if that has no zero bytes.
    private static let recordBytes = CloudflareKVRecord([]).encoded().count

    let base: any KeyValueStore
    private let identity = StoreEnvironment.live.makeIdentity()

    init(_ base: any KeyValueStore) { self.base = base }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    var capabilities: Capabilities {
        var capabilities = base.capabilities
        capabilities.limits.valueBytesMax -= BareValues.recordBytes
        return capabilities
    }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        var entries: [Entry?] = []
        for entry in try await base.get(keys, options) {
            guard let entry else {
                entries.append(nil)
                continue
            }
            entries.append(Entry(key: entry.key, value: try bare(entry.value[...]), revision: entry.revision))
        }
        return entries
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await base.write(wrapped(batch))
    }

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        await base.write(each: batches.map(wrapped))
    }

    func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        let page = try await base.scan(range, options, after: cursor)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        for row in page {
            let value = options.keysOnly ? [] : try bare(row.value)
            builder.append(row.key, value: value, nonce: 0, isTombstone: row.isTombstone)
        }
        return builder.page(cursor: page.cursor)
    }

    /// Of values without zero bytes.
    func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        let size = try await base.size(range, options)
        let count = try await base.count(range, options)
        return Measurement(size.value - count.value * BareValues.recordBytes, size.accuracy)
    }

    private func wrapped(_ batch: WriteBatch) -> WriteBatch {
        var batch = batch
        for index in batch.operations.indices {
            guard case .put(let value) = batch.operations[index].action else { continue }
            batch.operations[index].action = .put(CloudflareKVRecord(value).encoded())
        }
        return batch
    }

    private func bare(_ value: ArraySlice<UInt8>) throws(StoreError) -> [UInt8] {
        try CloudflareKVRecord(decoding: Array(value)).value
    }
}
#endif
