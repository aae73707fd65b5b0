#if PostgreSQL
import KeyValue
import KeyValueConformance
import PostgreSQLStore
import Synchronization
import TestServers
import Testing

@Suite struct ConformanceTests {
    @Test func meetsTheContract() async {
        let subject = ConformanceSubject("postgresql") {
            let url = try await PostgreSQLServer.shared().makeDatabase()
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
