import KeyValue
import Synchronization
import TestSupport
import Testing

@testable import Migration

/// A migration whose source other programs write, which nothing tells of.
@Suite struct ForeignSourceTests {
    private let environment = SimulatedTime().environment

    private func plan(_ source: any KeyValueStore, _ control: any KeyValueStore) async throws -> MigrationStores {
        let stores = try MigrationStores(
            source: source,
            target: MemoryStore(environment: environment),
            control: try ControlStore(control, name: "m", environment: environment)
        )
        try await MigrationController.create(
            stores,
            source: "a",
            target: "b",
            actor: "test",
            environment: environment,
            milliseconds: { 0 }
        )
        return stores
    }

    @Test func whatIsKnownOfTheSourceIsThereBeforeTheRecord() async throws {
        let watch = RecordWatch(base: MemoryStore(environment: environment))
        let stores = try await plan(SilentView(base: MemoryStore(environment: environment)), watch)
        #expect(watch.standings == [ForeignStanding(.scanned)])
        // Whoever finds the name taken leaves everything as it is.
        await #expect(throws: StoreError.self) { _ = try await plan(MemoryStore(environment: environment), watch) }
        #expect(try await stores.control.standing() == ForeignStanding(.scanned))
    }

    @Test func whatAnEarlierAttemptHasLeftIsForgotten() async throws {
        let control = MemoryStore(environment: environment)
        let rows = try ControlStore(control, name: "m", environment: environment)
        try await rows.keep(ForeignStanding(.marked))
        let stores = try await plan(MemoryStore(environment: environment), control)
        #expect(try await stores.control.standing() == nil)
    }
}

/// Looks what is known of the source whenever the record is written.
private final class RecordWatch: StoreDecorator {
    let base: any KeyValueStore
    private let seen = Mutex<[ForeignStanding?]>([])

    var standings: [ForeignStanding?] { seen.withLock(\.self) }

    init(base: any KeyValueStore) { self.base = base }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let control = try ControlStore(base, name: "m")
        if batch.operations.contains(where: { $0.key == control.key("record") }) {
            let standing = try await control.standing()
            seen.withLock { $0.append(standing) }
        }
        return try await base.write(batch)
    }
}

/// The records of another store, as a view that can't tell what changes.
private struct SilentView: ReadOnlyStore {
    let base: any KeyValueStore
    let system = "silent"
    var capabilities: Capabilities { .readOnly(limits: base.capabilities.limits, consistency: .linearizable) }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await base.get(keys, options)
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try await base.scan(range, options, after: cursor)
    }

    func partitions(in space: KeySpace, limit: Int, after cursor: Cursor?) async throws(StoreError) -> PartitionPage {
        try await base.partitions(in: space, limit: limit, after: cursor)
    }

    func status() async throws(StoreError) -> StoreStatus { try await base.status() }

    func close() async {}
}
