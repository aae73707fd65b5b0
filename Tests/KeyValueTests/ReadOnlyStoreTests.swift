import KeyValue
import Testing

/// One record, for ever.
private struct OneRecord: ReadOnlyStore {
    let key = Key("partition", "key")
    let environment = StoreEnvironment.live
    let system = "one record"
    let capabilities = Capabilities.readOnly(
        limits: .readOnly(
            partitionBytesMax: 16,
            keyBytesMax: 16,
            valueBytesMax: 16,
            getKeysMax: 1,
            pageKeysMax: 1
        ),
        consistency: .linearizable
    )

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        let revision = Revision(store: environment.makeIdentity(), key: key, nonce: 1)
        return keys.map { $0 == key ? Entry(key: key, value: [1], revision: revision) : nil }
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        var builder = ScanPageBuilder(store: environment.makeIdentity(), space: range.space, options: options)
        if range.contains(key) { builder.append(key, value: [1], nonce: 1, isTombstone: false) }
        return builder.page(cursor: nil)
    }

    func partitions(in space: KeySpace, limit: Int, after cursor: Cursor?) async throws(StoreError) -> PartitionPage {
        PartitionPage(partitions: space == .records ? [key.partition] : [], cursor: nil)
    }

    func status() async throws(StoreError) -> StoreStatus {
        StoreStatus(durability: capabilities.durability, format: 1, facts: [])
    }

    func close() async {}
}

@Suite("A read-only store")
struct ReadOnlyStoreTests {
    private let store = OneRecord()

    private func expect(
        _ code: StoreError.Code,
        _ body: () async throws(StoreError) -> Void
    ) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.code == code)
    }

    @Test("refuses everything that writes, and still holds what it held")
    func writing() async throws {
        let bin = Bin("0")
        await expect(.readOnly) { () throws(StoreError) in try await store.put([2], at: store.key) }
        await expect(.readOnly) { () throws(StoreError) in try await store.delete(store.key) }
        await expect(.readOnly) { () throws(StoreError) in try await store.dropPartition(store.key.partition) }
        await expect(.readOnly) { () throws(StoreError) in
            try await store.setFence(of: bin, to: Fence(epoch: 1, admission: .epochOnly), expecting: .open)
        }
        await expect(.readOnly) { () throws(StoreError) in try await store.clearMarks([], in: bin) }
        let batch = WriteBatch([WriteBatch.Operation(.put([2]), at: store.key)])
        for result in await store.write(each: [batch, batch]) {
            #expect { try result.get() } throws: { ($0 as? StoreError)?.code == .readOnly }
        }
        #expect(try await store.get(store.key)?.value == [1])
        #expect(try await store.count(.all()).value == 1)
    }

    @Test("has no bins, and so neither fences nor marks")
    func bins() async throws {
        #expect(try await store.bins().isEmpty)
        await expect(.invalidArgument) { () throws(StoreError) in _ = try await store.fence(of: Bin("0")) }
        await expect(.invalidArgument) { () throws(StoreError) in
            _ = try await store.marks(in: Bin("0"), limit: 1, after: nil)
        }
    }
}
