#if HTTP
import CoreMetrics
import Migration
import Telemetry

/// Where a migration stands, in numbers that are watched over time.
struct MigrationMetrics {
    private let metrics: MetricsRegistry
    private let migration: String

    init(_ metrics: MetricsRegistry, migration: String) {
        self.metrics = metrics
        self.migration = migration
    }

    func note(_ status: MigrationOverview, holds: [Duration]) {
        for (name, value) in MigrationMetrics.values(of: status) { set(name, value) }
        // Each mode has a series, so that none keeps a value from before.
        for mode in MigrationMode.allCases { set("mode", status.record.mode == mode ? 1 : 0, [("mode", "\(mode)")]) }
        set("holds", Double(holds.count))
        set("last_hold_seconds", (holds.last ?? .zero) / .seconds(1))
    }

    /// What is not known is NaN, as Prometheus has it.
    private static func values(of status: MigrationOverview) -> [(String, Double)] {
        let throttle = status.record.throttle
        return [
            ("rows_copied", Double(status.rows)),
            ("bytes_copied", Double(status.bytes)),
            ("rows_expected", Double(status.totalRows)),
            ("rows_per_second", number(status.leader?.rowsPerSecond)),
            ("seconds_left", status.remaining.map { $0 / .seconds(1) } ?? .nan),
            ("marks", number(status.leader?.marks)),
            ("rows_unproven", Double(status.proof.debt)),
            ("differences", Double(status.proof.differences.count)),
            ("ready", status.isReadyToSwitch ? 1 : 0),
            ("over", status.isOver ? 1 : 0),
            ("paused", throttle.isPaused ? 1 : 0),
            ("rows_per_second_max", number(throttle.rowsPerSecondMax)),
            ("bytes_per_second_max", number(throttle.bytesPerSecondMax)),
            ("clients", Double(status.clients.count)),
            ("clients_acknowledged", Double(status.acknowledged)),
            ("workers", Double(status.workers.count)),
            ("workers_leading", Double(status.workers.count(where: \.isLeading))),
            ("workers_hindered", Double(status.workers.count { !$0.hindrance.isEmpty })),
        ]
    }

    private static func number(_ number: UInt64?) -> Double { number.map(Double.init) ?? .nan }

    private func set(_ name: String, _ value: Double, _ dimensions: [(String, String)] = []) {
        Meter(
            label: "migration_" + name,
            dimensions: dimensions + [("migration", migration)],
            factory: metrics
        ).set(value)
    }
}
#endif
