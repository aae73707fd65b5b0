import KeyValue
import KeyValueConformance
import TestSupport
import Testing

@testable import Migration

/// A store that is being moved is a store: it keeps the contract in the modes in which it is written.
@Suite struct MigratingStoreConformanceTests {
    private func run(_ name: String, _ mode: MigrationMode) async {
        // Cases are run one after the other, each in a migration of its own on one clock.
        let time = SimulatedTime()
        var subject = ConformanceSubject(name) {
            let migration = try await LiveMigration.planned(on: time)
            if mode != .source { try await migration.capture() }
            if mode == .switched { try await migration.controller.switchOver() }
            return ConformancePlace(open: {
                let store = try await migration.open()
                // The suite wants to find nothing, not even what a migration leaves in the local half.
                try await migration.removeIdentities()
                return store
            })
        }
        subject.wait = { time.advance(by: $0) }
        // Cases that expect a delete to leave nothing: here it leaves a tombstone, until the migration ends.
        let excluded = mode == .switched ? MigratingStoreConformanceTests.deletesWithoutTrace : []
        let cases = ConformanceCase.all.filter { !excluded.contains($0.name) }
        #expect(cases.count == ConformanceCase.all.count - excluded.count)
        let report = await ConformanceSuite.run(subject, cases: cases)
        print(report.line)
        for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
    }

    private static let deletesWithoutTrace: Set<String> = [
        "histories/random-1", "histories/random-2", "histories/random-3", "histories/random-4",
        "partitions/come-and-go-with-their-rows", "preconditions/of-a-check", "preconditions/of-a-delete",
        "preconditions/of-a-put", "preconditions/of-a-tombstone", "preconditions/of-an-addition",
        "range-deletion/leaves-tombstones", "range-deletion/of-everything",
        "range-deletion/takes-the-range-and-no-more",
        "records/delete-removes-one", "separate-writes/every-action", "spaces/change-one-by-one",
        "tombstones/a-delete-removes-them", "tombstones/collected-only-as-they-were-read",
    ]

    @Test func conformsBeforeTheMigration() async { await run("migrating-source", .source) }
    @Test func conformsWhileCaptured() async { await run("migrating-captured", .captured) }
    @Test func conformsAfterTheSwitch() async { await run("migrating-switched", .switched) }
}
