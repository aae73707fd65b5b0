import Testing

@testable import Migration

@Suite struct HoldsTests {
    private func log(_ entries: [(UInt64, String)]) -> [AuditEntry] {
        entries.enumerated().map { AuditEntry(number: UInt64($0), milliseconds: $1.0, actor: "a", text: $1.1) }
    }

    private func step(_ from: MigrationMode, _ to: MigrationMode) -> String {
        AuditEntry.text(ofStepFrom: from, to: to)
    }

    @Test func eachHoldIsMeasured() {
        let log = log([
            (1, "planned the migration"), (5, step(.weakened, .captured)), (10, step(.captured, .sourceHeld)),
            (25, step(.sourceHeld, .targetHeld)), (40, step(.targetHeld, .switched)), (50, "took over"),
            (60, step(.switched, .targetHeld)), (75, step(.targetHeld, .switched)),
            // By a clock that is behind.
            (90, step(.switched, .targetHeld)), (80, step(.targetHeld, .switched)),
            // Still held.
            (99, step(.switched, .targetHeld)),
        ])
        #expect(AuditEntry.holds(in: log) == [.milliseconds(30), .milliseconds(15), .zero])
        #expect(AuditEntry.holds(in: []).isEmpty)
    }
}
