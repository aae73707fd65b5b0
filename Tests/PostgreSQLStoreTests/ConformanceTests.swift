#if PostgreSQL
import KeyValue
import KeyValueConformance
import PostgreSQLStore
import TestServers
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test func meetsTheContract() async {
        await meetsTheContract("postgresql") { try await PostgreSQLServer.shared().makeDatabase() }
    }

    /// Each transaction may run in another process of the server than the last.
    @Test func meetsTheContractBehindAPoolerOfTransactions() async throws {
        // It keeps connections for a while, and each case has a database of its own.
        let settings = ["default_pool_size = 3", "server_idle_timeout = 1"]
        let pooler = try await PgBouncer.start(before: .start(), mode: .transaction, settings)
        await meetsTheContract("postgresql-pooled") { try pooler.makeDatabase() }
        pooler.kill()
    }

    private func meetsTheContract(_ name: String, _ makeDatabase: @escaping @Sendable () async throws -> String) async {
        let subject = ConformanceSubject(name) {
            let url = try await makeDatabase() + "?accept=relaxed"
            let faults = CallFaults()
            return ConformancePlace(
                open: {
                    faults.watch(try await PostgreSQLDriver().open(StoreLocation(url), environment: .live))
                },
                reopens: true,
                opensTogether: true,
                startWriter: { try KilledWriter(url) },
                inject: { faults.inject($0) }
            )
        }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        for problem in report.problems(mayLack: { $0 == .changeFeed }) { Issue.record("\(problem)") }
    }
}
#endif
