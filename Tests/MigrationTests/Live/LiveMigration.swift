import KeyValue
import TestSupport

@testable import Migration

/// A migration between stores in memory, on simulated time.
struct LiveMigration {
    let time: SimulatedTime
    let stores: MigrationStores
    let controller: MigrationController

    /// A migration that has been planned, from `source` to a new store, each behind what `wrapping` makes of it.
    static func planned(
        from source: MemoryProfile = .reference,
        to target: MemoryProfile = .reference,
        on time: SimulatedTime = SimulatedTime(),
        filling: (any KeyValueStore) async throws -> Void = { _ in },
        wrapping: (Side, MemoryStore) -> any KeyValueStore = { $1 }
    ) async throws -> LiveMigration {
        let old = MemoryStore(source, environment: time.environment)
        try await filling(old)
        let new = MemoryStore(target, environment: time.environment)
        return try await planned(from: wrapping(.source, old), to: wrapping(.target, new), on: time)
    }

    /// A migration between these stores that has been planned.
    static func planned(
        from source: any KeyValueStore,
        to target: any KeyValueStore,
        on time: SimulatedTime
    ) async throws -> LiveMigration {
        let environment = time.environment
        let control = try ControlStore(MemoryStore(environment: environment), name: "m", environment: environment)
        let stores = try MigrationStores(source: source, target: target, control: control)
        let controller = try await MigrationController.plan(
            stores,
            source: "old",
            target: "new",
            actor: "test",
            environment: environment,
            milliseconds: { 0 }
        )
        return LiveMigration(time: time, stores: stores, controller: controller)
    }

    func open() async throws -> MigratingStore {
        var options = MigratingOptions()
        options.followsByItself = false
        return try await MigratingStore.open(stores, options: options, environment: time.environment)
    }

    func removeIdentities() async throws {
        let epoch = try await controller.record().epoch
        for side in Side.allCases {
            let key = Key("migration", "identity", space: .reservedLocal)
            _ = try await stores[side].write(WriteBatch([.init(.delete, at: key)], epoch: epoch))
        }
    }

    func copy() async throws {
        var copier = try LiveCopier(stores, environment: time.environment)
        while true {
            switch try await copier.step() {
            case .finished: return
            // Until the lease of one that is gone runs out.
            case .taken: time.advance(by: .seconds(1))
            case .copied, .resting: break
            }
        }
    }

    /// Up to the mode in which changes are captured, with everything copied.
    func capture() async throws {
        try await controller.step(to: .weakened)
        try await controller.step(to: .captured)
        try await copy()
    }

    func reconcile(_ direction: Direction) async throws {
        while try await Reconciler(stores).pass(direction).listed > 0 {}
    }

    /// Everything that travels and is live, by key.
    static func rows(of store: any KeyValueStore) async throws -> [Key: [UInt8]] {
        var rows: [Key: [UInt8]] = [:]
        for space in [KeySpace.records, .reservedData] {
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(.all(in: space), ScanOptions(limit: 100), after: cursor)
                for row in page { rows[row.key] = Array(row.value) }
                cursor = page.cursor
            } while cursor != nil
        }
        return rows
    }
}
