import KeyValue
import TestSupport
import Testing

@testable import Migration

/// What was copied is compared before clients are sent there, and what differs is told, kept, and mended.
@Suite struct ProofTests {
    private static func key(_ number: Int) -> Key { Key("p\(number % 3)", "\(number)") }

    private func filled() async throws -> LiveMigration {
        let migration = try await LiveMigration.planned { store in
            for number in 0..<50 { try await store.put([UInt8(number)], at: ProofTests.key(number)) }
            try await store.put([1], at: Key("p", "outbox", space: .reservedData))
        }
        try await migration.controller.step(to: .weakened)
        try await migration.controller.step(to: .captured)
        return migration
    }

    /// Writes past the migration, as a defect would.
    private func plant(
        _ action: WriteBatch.Action,
        at key: Key,
        on side: Side,
        of migration: LiveMigration
    ) async throws {
        let epoch = try await migration.controller.record().epoch
        let batch = WriteBatch([WriteBatch.Operation(action, at: key)], epoch: epoch)
        _ = try await migration.stores[side].write(batch)
    }

    private func refusal(of migration: LiveMigration) async throws -> StepRefusal? {
        let record = try await migration.controller.settle()
        return try await migration.controller.refusal(ofStepTo: .sourceHeld, from: record)
    }

    /// As far as the copying goes, without the proof.
    private func copied(_ migration: LiveMigration) async throws -> LiveCopier {
        var copier = try LiveCopier(migration.stores, environment: migration.time.environment)
        while try await !LiveCopier.isFinished(migration.stores.control) { _ = try await copier.step() }
        return copier
    }

    @Test func nothingIsSwitchedThatIsNotProven() async throws {
        let migration = try await filled()
        #expect(try await refusal(of: migration) == .notCopied)
        var copier = try await copied(migration)
        #expect(try await refusal(of: migration) == .unproven)
        #expect(try await migration.controller.proof().debt >= 51)
        while try await copier.step() != .finished {}
        #expect(try await refusal(of: migration) == nil)
        let proof = try await migration.controller.proof()
        #expect(proof.isComplete && proof.debt == 0 && proof.differences.isEmpty)
        #expect(proof.records == 51 && proof.targetRecords == 51 && proof.moved == 0)
        try await migration.controller.switchOver()
    }

    /// How long it takes still is told of the copying first, and then of the proof, which goes through both stores.
    @Test func whatIsLeftOfTheProofIsTold() async throws {
        let migration = try await filled()
        let control = migration.stores.control
        var report = WorkerReport(name: "leader", milliseconds: 0)
        report.isLeading = true
        report.rowsPerSecond = 10
        try await control.keep(report, of: 1)
        var copier = try await copied(migration)
        #expect(try await control.status(milliseconds: 0).remaining == nil)
        while try await control.readProof() == nil { _ = try await copier.step() }
        let begun = try await control.status(milliseconds: 0)
        #expect(begun.proof.debt == 102 && begun.remaining == .seconds(10.2))
        var known = begun.proof.debt
        while try await copier.step() != .finished {
            let debt = try await migration.controller.proof().debt
            #expect(debt <= known)
            known = debt
        }
        let ended = try await control.status(milliseconds: 0)
        #expect(ended.proof.debt == 0 && ended.remaining == nil)
    }

    @Test func differencesAreTold() async throws {
        let migration = try await filled()
        var copier = try await copied(migration)
        try await plant(.put([99]), at: ProofTests.key(1), on: .target, of: migration)
        try await plant(.delete, at: ProofTests.key(2), on: .target, of: migration)
        try await plant(.put([98]), at: Key("p", "extra"), on: .target, of: migration)
        while try await copier.step() != .finished {}
        let proof = try await migration.controller.proof()
        let kinds = Dictionary(uniqueKeysWithValues: proof.differences.map { ($0.text, $0.kind) })
        #expect(kinds == ["p1/1": "different", "p2/2": "missing", "p/extra": "extra"])
        #expect(!proof.isComplete && proof.debt == 3)
        #expect(try await migration.controller.record().debt == 3)
        #expect(try await refusal(of: migration) == .unproven)
        let error = await #expect(throws: StoreError.self) { try await migration.controller.switchOver() }
        #expect(error?.metadata["reason"] == StepRefusal.unproven.rawValue)

        #expect(try await migration.controller.repair() == 3)
        #expect(try await migration.controller.proof().isComplete)
        #expect(try await migration.controller.record().debt == 0)
        try await migration.controller.proveAgain()
        #expect(try await migration.controller.record().debt > 0)
        #expect(try await refusal(of: migration) == .unproven)
        while try await copier.step() != .finished {}
        #expect(try await migration.controller.proof().isComplete)
        let (old, new) = (
            try await LiveMigration.rows(of: migration.stores.source),
            try await LiveMigration.rows(of: migration.stores.target)
        )
        #expect(old == new)
        #expect(try await refusal(of: migration) == nil)
    }

    @Test func changesOnTheirWayAreNoDifferences() async throws {
        let migration = try await filled()
        let store = try await migration.open()
        var copier = try await copied(migration)
        try await store.put([77], at: ProofTests.key(1))
        try await store.delete(ProofTests.key(2))
        try await store.put([78], at: Key("p", "new"))
        while try await copier.step() != .finished {}
        let proof = try await migration.controller.proof()
        #expect(proof.isComplete)
        #expect(proof.moved >= 2)
    }

    /// After the switch, the source is compared with the target, and repaired from it.
    @Test func theWayBackIsProvenToo() async throws {
        let migration = try await filled()
        try await migration.copy()
        try await migration.controller.switchOver()
        try await plant(.put([99]), at: ProofTests.key(1), on: .source, of: migration)
        try await migration.controller.proveAgain()
        try await migration.copy()
        #expect(try await migration.controller.proof().differences.map(\.text) == ["p1/1"])
        #expect(try await migration.controller.repair() == 1)
        #expect(try await migration.stores.source.get(ProofTests.key(1))?.value == [1])
        #expect(try await migration.controller.proof().isComplete)
    }

    @Test func readsAreComparedInTheShadow() async throws {
        let migration = try await filled()
        try await migration.copy()
        try await plant(.put([99]), at: ProofTests.key(1), on: .target, of: migration)
        var options = MigratingOptions(shadowShare: 1)
        options.followsByItself = false
        let environment = migration.time.environment
        let store = try await MigratingStore.open(migration.stores, options: options, environment: environment)
        // Equal, and on its way: neither is a difference.
        _ = try await store.get(ProofTests.key(3))
        try await store.put([44], at: ProofTests.key(4))
        _ = try await store.get(ProofTests.key(4))
        try await migration.copy()
        #expect(try await migration.controller.proof().differences.isEmpty)
        #expect(try await store.get(ProofTests.key(1))?.value == [1])
        try await migration.copy()
        #expect(try await migration.controller.proof().differences.map(\.text) == ["p1/1"])
        #expect(try await refusal(of: migration) == .unproven)
    }

    @Test func statusTellsHowFarItIs() async throws {
        let migration = try await filled()
        try await migration.controller.throttle(Throttle(isPaused: true))
        #expect(try await migration.stores.control.status(milliseconds: 0).copyLimits == [.paused])
        try await migration.controller.throttle(Throttle())
        try await migration.copy()
        let status = try await migration.stores.control.status(milliseconds: 0)
        #expect(status.totalRows == 51)
        #expect(status.isCopied && status.rows == 51 && status.ranges.allSatisfy(\.isCopied))
        #expect(status.copyLimits.isEmpty && status.proof.isComplete)
        #expect(try await migration.controller.marksLeft(status.record) == 0)
    }
}
