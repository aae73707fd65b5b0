import KeyValue
import TestSupport
import Testing

@testable import Migration

/// A live migration from plan to end on stores in memory, and what is refused on the way.
@Suite struct MigrationControllerTests {
    private static func key(_ number: Int) -> Key { Key("p\(number % 3)", "\(number)") }

    private func filled() async throws -> LiveMigration {
        try await LiveMigration.planned { store in
            for number in 0..<50 { try await store.put([UInt8(number)], at: MigrationControllerTests.key(number)) }
            try await store.put([1], at: Key("p", "outbox", space: .reservedData))
            try await store.put([1], at: Key("p", "lease", space: .reservedLocal))
        }
    }

    private func expect(_ code: StoreError.Code, _ body: () async throws -> Void) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.code == code)
    }

    @Test func recordsMoveAndNothingIsLost() async throws {
        let migration = try await filled()
        let store = try await migration.open()
        try await migration.capture()
        try await store.put([200], at: MigrationControllerTests.key(1))
        try await store.delete(MigrationControllerTests.key(2))
        try await store.put([201], at: MigrationControllerTests.key(100))
        let before = try await LiveMigration.rows(of: store)
        try await migration.controller.switchOver()
        #expect(try await migration.controller.record().mode == .switched)
        #expect(try await LiveMigration.rows(of: store) == before)
        #expect(try await LiveMigration.rows(of: migration.stores.target) == before)
        #expect(try await migration.stores.target.get(Key("p", "lease", space: .reservedLocal)) == nil)

        try await store.put([202], at: MigrationControllerTests.key(3))
        try await store.delete(MigrationControllerTests.key(4))
        try await migration.controller.finalize()
        let after = try await LiveMigration.rows(of: store)
        #expect(after[MigrationControllerTests.key(3)] == [202])
        #expect(after[MigrationControllerTests.key(4)] == nil)
        #expect(after.count == before.count - 1)

        // The source says for ever where its records are, and the target is a store like any other.
        await expect(.movedAway) { try await migration.stores.source.put([1], at: MigrationControllerTests.key(1)) }
        try await migration.stores.target.put([1], at: MigrationControllerTests.key(1))
        for bin in try await migration.stores.target.bins() {
            #expect(try await migration.stores.target.marks(in: bin, limit: 10, after: nil).marks.isEmpty)
        }
        let tombstone = try await migration.stores.target.get(
            MigrationControllerTests.key(4),
            ReadOptions(includesTombstones: true)
        )
        #expect(tombstone == nil)
    }

    @Test func theSwitchCanBeTakenBackAndMadeAgain() async throws {
        let migration = try await filled()
        let store = try await migration.open()
        try await migration.capture()
        for round in 0..<3 {
            try await migration.controller.switchOver()
            try await store.put([UInt8(round)], at: MigrationControllerTests.key(5))
            try await store.delete(MigrationControllerTests.key(6 + round))
            let there = try await LiveMigration.rows(of: store)
            try await migration.controller.rollBack()
            #expect(try await migration.controller.record().mode == .captured)
            #expect(try await LiveMigration.rows(of: migration.stores.source) == there)
            try await store.put([UInt8(round)], at: MigrationControllerTests.key(6 + round))
        }
        let log = try await migration.stores.control.auditLog()
        #expect(log.map(\.number) == log.indices.map { UInt64($0) })
        #expect(log.contains { $0.text == "went from targetHeld to switched" })
    }

    @Test func aMigrationCanBeGivenUp() async throws {
        let migration = try await filled()
        let store = try await migration.open()
        try await migration.capture()
        try await store.put([9], at: MigrationControllerTests.key(1))
        try await migration.controller.abandon()
        #expect(try await migration.controller.record().mode == .source)
        // Whoever knows nothing of the migration may write again.
        try await migration.stores.source.put([8], at: MigrationControllerTests.key(1))
        #expect(try await store.get(MigrationControllerTests.key(1))?.value == [8])
        await expect(.invalidArgument) { try await migration.controller.step(to: .weakened) }
    }

    @Test func stepsAreRefusedWithAReason() async throws {
        let migration = try await filled()
        let controller = migration.controller
        let error = await #expect(throws: StoreError.self) { try await controller.step(to: .switched) }
        #expect(error?.metadata["reason"] == StepRefusal.noSuchStep.rawValue)
        try await controller.step(to: .weakened)
        try await controller.step(to: .captured)
        let early = await #expect(throws: StoreError.self) { try await controller.step(to: .sourceHeld) }
        #expect(early?.metadata["reason"] == StepRefusal.notCopied.rawValue)
        await expect(.locked) {
            let other = try await MigrationController.open(
                migration.stores,
                actor: "other",
                environment: migration.time.environment,
                milliseconds: { 0 }
            )
            try await other.throttle(Throttle(isPaused: true))
            try await controller.throttle(Throttle())
        }
    }

    @Test func plansAreRefused() async throws {
        let migration = try await filled()
        let environment = migration.time.environment
        let plan = { (source: any KeyValueStore, target: any KeyValueStore, name: String) in
            let control = try ControlStore(migration.stores.control.store, name: name, environment: environment)
            let stores = try MigrationStores(source: source, target: target, control: control)
            _ = try await MigrationController.plan(
                stores,
                source: "a",
                target: "b",
                actor: "test",
                environment: environment,
                milliseconds: { 0 }
            )
        }
        let (full, empty) = (migration.stores.source, MemoryStore(environment: environment))
        await expect(.invalidArgument) { try await plan(full, full, "n") }
        await expect(.invalidArgument) { try await plan(empty, full, "n") }
        await expect(.invalidArgument) { try await plan(full, MemoryStore(), "m") }
        await expect(.unsupported) { try await plan(MemoryStore(.oneKeyScope), empty, "n") }
        // Other stores than those that were planned with.
        await expect(.invalidArgument) {
            let stores = try MigrationStores(
                source: full,
                target: MemoryStore(environment: environment),
                control: migration.stores.control
            )
            _ = try await MigratingStore.open(stores, environment: environment)
        }
    }

    @Test func whoeverKnowsNothingOfTheMigrationIsRefused() async throws {
        let migration = try await filled()
        await expect(.staleMode) { try await migration.stores.target.put([1], at: MigrationControllerTests.key(1)) }
        try await migration.stores.source.put([1], at: MigrationControllerTests.key(1))
        try await migration.controller.step(to: .weakened)
        await expect(.staleMode) { try await migration.stores.source.put([1], at: MigrationControllerTests.key(1)) }
    }

    @Test func unknownOutcomesStayUnknownAcrossTheSwitch() {
        var writes = UnresolvedWrites()
        let ids = (0..<10_000).map { WriteID(nonce: $0) }
        for id in ids { writes.add(id, at: .source) }
        #expect(throws: StoreError.self) { try writes.admit(ids.last, to: .target) }
        #expect(throws: Never.self) {
            try writes.admit(ids.last, to: .source)
            try writes.admit(nil, to: .target)
            // Too long ago.
            try writes.admit(ids.first, to: .target)
        }
    }

    @Test func writesThatAreHeldForTooLongFail() async throws {
        let migration = try await filled()
        let store = try await migration.open()
        try await migration.capture()
        try await migration.controller.step(to: .sourceHeld)
        await expect(.unavailable) { try await store.put([1], at: MigrationControllerTests.key(1)) }
        #expect(try await store.get(MigrationControllerTests.key(1))?.value == [1])
        try await migration.controller.step(to: .captured)
        try await store.put([7], at: MigrationControllerTests.key(1))
        #expect(try await store.get(MigrationControllerTests.key(1))?.value == [7])
    }
}
