#if Redis
import KeyValue
import KeyValueConformance
import RedisStore
import Synchronization
import TestServers
import TestSupport
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
            let place = "\(url)?prefix=place\(number):"
            let faults = CallFaults()
            return ConformancePlace(
                open: {
                    faults.watch(try await RedisDriver().open(StoreLocation(place), environment: .live))
                },
                reopens: true,
                opensTogether: true,
                startWriter: { try KilledWriter(place) },
                inject: { faults.inject($0) }
            )
        }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        // One slot is less than what these cases are about.
        let problems = report.problems { requirement in
            switch requirement {
            case .snapshots, .snapshotReads, .batchScope(.store), .order(.store), .consistency(.linearizable): true
            case .changeFeed: true
            default: false
            }
        }
        for problem in problems { Issue.record("\(problem)") }
    }
}
#endif
