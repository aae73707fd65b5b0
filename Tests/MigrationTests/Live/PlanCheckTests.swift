import KeyValue
import TestSupport
import Testing

@testable import Migration

/// What stands in the way of a migration is found out before anything is touched.
@Suite struct PlanCheckTests {
    private let environment = SimulatedTime().environment

    private func profile(_ name: String, _ change: (inout Capabilities) -> Void) -> MemoryProfile {
        var profile = MemoryProfile.reference
        profile.name = name
        change(&profile.capabilities)
        return profile
    }

    private func stores(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        control: any KeyValueStore = MemoryStore()
    ) throws -> MigrationStores {
        try MigrationStores(
            source: source,
            target: target,
            control: try ControlStore(control, name: "m", environment: environment)
        )
    }

    private func findings(
        _ stores: MigrationStores,
        _ plan: MigrationPlan = MigrationPlan()
    ) async throws -> [PlanReport.Finding] {
        try await MigrationController.check(stores, plan, environment: environment).findings
    }

    private func plan(_ stores: MigrationStores, _ plan: MigrationPlan = MigrationPlan()) async throws -> String? {
        let error = await #expect(throws: StoreError.self) {
            _ = try await MigrationController.plan(
                stores,
                source: "a",
                target: "b",
                plan,
                actor: "test",
                environment: environment,
                milliseconds: { 0 }
            )
        }
        #expect(error?.code == .invalidArgument)
        return error?.metadata["reason"]
    }

    @Test func theSameStoreTwice() async throws {
        let store = MemoryStore(environment: environment)
        #expect(try await findings(stores(store, store)) == [.sameStore])
        #expect(try await plan(stores(store, store)) == PlanReport.Finding.sameStore.rawValue)
    }

    @Test func controlInsideOfWhatIsFenced() async throws {
        let (source, target) = (MemoryStore(environment: environment), MemoryStore(environment: environment))
        #expect(try await findings(stores(source, target, control: target)) == [.controlInside])
        #expect(try await plan(stores(source, target, control: source)) == PlanReport.Finding.controlInside.rawValue)
    }

    @Test func aTargetThatIsNotEmpty() async throws {
        for space in StoreRows.spaces {
            let target = MemoryStore(environment: environment)
            try await target.put([1], at: Key("p", "k", space: space))
            let stores = try stores(MemoryStore(environment: environment), target)
            #expect(try await findings(stores) == [.targetNotEmpty])
            #expect(try await plan(stores) == PlanReport.Finding.targetNotEmpty.rawValue)
        }
    }

    @Test func aRecordThatDoesNotFit() async throws {
        let source = MemoryStore(environment: environment)
        try await source.put([UInt8](repeating: 1, count: 100), at: Key("p", "fits"))
        let small = profile("small") { $0.limits.valueBytesMax = 100 }
        let target = MemoryStore(small, environment: environment)
        let report = try await MigrationController.check(stores(source, target), environment: environment)
        #expect(report.isAcceptable && report.isCounted && report.records == 1 && report.bytes == 105)
        try await source.put([UInt8](repeating: 1, count: 101), at: Key("p", "does not"))
        let other = try await MigrationController.check(stores(source, target), environment: environment)
        #expect(other.findings == [.recordTooLarge])
        #expect(other.tooLarge?.text == "p/does not")
        #expect(try await plan(stores(source, target)) == PlanReport.Finding.recordTooLarge.rawValue)
    }

    @Test func aScopeThatIsTooNarrow() async throws {
        let narrow = profile("narrow") { $0.batchScope = .partition }
        let stores = try stores(MemoryStore(environment: environment), MemoryStore(narrow, environment: environment))
        #expect(try await findings(stores, MigrationPlan(leastScope: .partition)) == [])
        #expect(try await findings(stores, MigrationPlan(leastScope: .store)) == [.scopeTooNarrow])
        let reason = try await plan(stores, MigrationPlan(leastScope: .store))
        #expect(reason == PlanReport.Finding.scopeTooNarrow.rawValue)
    }

    @Test func whatIsOnlyGoodToKnow() async throws {
        let durable = profile("durable") { $0.durability = .powerLoss }
        let excluding = profile("excluding") { $0.consistency = .exclusiveWrites }
        let stores = try stores(
            MemoryStore(durable, environment: environment),
            MemoryStore(excluding, environment: environment)
        )
        let report = try await MigrationController.check(stores, environment: environment)
        #expect(report.findings == [.failoverLoses, .lessDurable])
        #expect(report.isAcceptable)
    }

    @Test func storesThatCanNotTakePart() {
        let changes: [(inout Capabilities) -> Void] = [
            { $0.conditionalWrite = false }, { $0.consistency = .eventual },
            { ($0.marks, $0.changeFeed) = (false, false) },
            { ($0.fencing, $0.changeFeed) = (.leased(.seconds(1)), false) },
        ]
        for change in changes {
            let error = #expect(throws: StoreError.self) {
                _ = try stores(MemoryStore(), MemoryStore(profile("other", change)))
            }
            #expect(error?.code == .unsupported)
            #expect(error?.metadata["side"] == "target")
        }
    }

    @Test func aRecordOfANewerRelease() async throws {
        let control = MemoryStore(environment: environment)
        let stores = try stores(
            MemoryStore(environment: environment),
            MemoryStore(environment: environment),
            control: control
        )
        try await control.put([2], at: Key("migration/m", "record", space: .reservedLocal))
        let error = await #expect(throws: StoreError.self) { _ = try await findings(stores) }
        #expect(error?.code == .newerFormat)
    }

    /// A service that says what it needs is asked at the first step.
    @Test func clientsThatCanNotFollow() async throws {
        let migration = try await LiveMigration.planned(to: .partitionScope)
        var options = MigratingOptions(leastScope: .store)
        options.followsByItself = false
        let store = try await MigratingStore.open(
            migration.stores,
            options: options,
            environment: migration.time.environment
        )
        let error = await #expect(throws: StoreError.self) { try await migration.controller.step(to: .weakened) }
        #expect(error?.metadata["reason"] == StepRefusal.scopeTooNarrow.rawValue)
        try await migration.stores.control.register(
            7,
            ClientRegistration(
                epoch: try await migration.controller.record().epoch,
                lease: .seconds(1),
                reachesBoth: false
            )
        )
        let other = await #expect(throws: StoreError.self) { try await migration.controller.step(to: .weakened) }
        #expect(other?.metadata["reason"] == StepRefusal.unreached.rawValue)
        await store.close()
    }

    @Test func clientsThatAreGoneAreForgotten() async throws {
        let migration = try await LiveMigration.planned()
        try await migration.stores.control.register(
            7,
            ClientRegistration(epoch: 1, lease: .seconds(1), reachesBoth: true)
        )
        try await migration.controller.step(to: .weakened)
        #expect(try await migration.stores.control.clients().isEmpty)
    }
}
