import KeyValue
import Synchronization

/// A snapshot that is a copy of everything in a memory store of its own.
struct CopiedSnapshot: StoreSnapshot {
    let copy: MemoryStore

    /// Copies each space at one moment.
    init(of store: any KeyValueStore, _ identity: StoreIdentity) async throws(StoreError) {
        let random = Mutex<UInt64?>(identity.nonce)
        var environment = StoreEnvironment.live
        environment.random = { random.withLock { $0.take() } ?? StoreEnvironment.live.random() }
        copy = MemoryStore(environment: environment)
        let everything = ScanOptions(limit: .max, bytesMax: .max, includesTombstones: true)
        for space in KeySpace.allCases {
            for entry in try await store.scan(.all(in: space), everything, after: nil).map(\.entry) {
                let operation = WriteBatch.Operation(entry.isTombstone ? .bury : .put(entry.value), at: entry.key)
                let nonce = entry.revision.nonce(at: entry.key, in: identity) ?? 0
                _ = try await copy.write(WriteBatch([operation], id: WriteID(nonce: nonce)))
            }
        }
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try await copy.scan(range, options, after: cursor)
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await copy.partitions(in: space, limit: limit, after: cursor)
    }

    func close() async { await copy.close() }
}

/// A snapshot that does everything as the one behind it, but for what an animal changes.
struct BrokenSnapshot: StoreSnapshot {
    typealias Base = any StoreSnapshot

    let base: any StoreSnapshot
    var onScan: @Sendable (Base, KeyRange, ScanOptions, Cursor?) async throws(StoreError) -> ScanPage = {
        (base, range, options, cursor) async throws(StoreError) in
        try await base.scan(range, options, after: cursor)
    }
    var onPartitions: @Sendable (Base, KeySpace, Int, Cursor?) async throws(StoreError) -> PartitionPage = {
        (base, space, limit, cursor) async throws(StoreError) in
        try await base.partitions(in: space, limit: limit, after: cursor)
    }
    var onClose: @Sendable (Base) async -> Void = { base in await base.close() }

    init(_ base: any StoreSnapshot) { self.base = base }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try await onScan(base, range, options, cursor)
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await onPartitions(base, space, limit, cursor)
    }

    func close() async { await onClose(base) }
}
