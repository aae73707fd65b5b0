#if PostgreSQL
import KeyValue
import KeyValueConformance
import PostgreSQLStore
import Synchronization
import TestServers
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
            let url = try await makeDatabase()
            let faults = Faults()
            return ConformancePlace(
                open: {
                    let location = try StoreLocation(url + "?accept=relaxed")
                    return faults.watch(try await PostgreSQLDriver().open(location, environment: .live))
                },
                reopens: true,
                opensTogether: true,
                inject: { faults.inject($0) }
            )
        }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
        // What does not apply is there for stores that can do less.
        for result in report.results {
            guard case .notApplicable(let requirement) = result.outcome else { continue }
            switch requirement {
            case .without, .offer(.writingProcess): continue
            default: Issue.record("\(result.name) requires \(requirement)")
            }
        }
    }
}

/// Brings about failures between the store and its caller.
private final class Faults: Sendable {
    private let next = Mutex<InjectedFault?>(nil)

    func watch(_ opened: any KeyValueStore) -> any KeyValueStore {
        FaultInjectingStore(opened) { call in
            self.next.withLock { next in
                switch next {
                case .lostReply where call.changesStore:
                    next = nil
                    return .loseReply
                case .readFails:
                    next = nil
                    return .refuse(StoreError(.unavailable, "The read was made to fail."))
                default: return nil
                }
            }
        }
    }

    func inject(_ fault: InjectedFault) { next.withLock { $0 = fault } }
}
#endif
