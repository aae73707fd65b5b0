#if Redis
import KeyValue
import KeyValueConformance
import RedisStore
import Synchronization
import TestServers
import Testing

@Suite struct ConformanceTests {
    @Test func oneServerMeetsTheContract() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        await check("redis", at: server.url)
        server.kill()
    }

    @Test func aClusterMeetsTheContract() async throws {
        let cluster = try await RedisCluster.start(["--appendonly", "yes", "--appendfsync", "always"])
        await check("redis-cluster", at: cluster.url)
        cluster.stop()
    }

    /// Runs the suite, each place under a prefix of its own.
    private func check(_ name: String, at url: String) async {
        let places = Mutex(0)
        let subject = ConformanceSubject(name) {
            let number = places.withLock { places in
                places += 1
                return places
            }
            let faults = Faults()
            return ConformancePlace(
                open: {
                    let location = try StoreLocation("\(url)?prefix=place\(number):")
                    return faults.watch(try await RedisDriver().open(location, environment: .live))
                },
                reopens: true,
                opensTogether: true,
                inject: { faults.inject($0) }
            )
        }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
        // What does not apply is there for stores that can do less, or more than a slot allows.
        for result in report.results {
            guard case .notApplicable(let requirement) = result.outcome else { continue }
            switch requirement {
            case .without, .snapshots, .snapshotReads, .batchScope(.store), .order(.store), .offer(.writingProcess),
                .consistency(.linearizable):
                continue
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
                case .readFails where !call.changesStore || call.operation == .delete:
                    next = nil
                    return .refuse(StoreError(.unavailable, "The server can't be reached."))
                default: return nil
                }
            }
        }
    }

    func inject(_ fault: InjectedFault) { next.withLock { $0 = fault } }
}
#endif
