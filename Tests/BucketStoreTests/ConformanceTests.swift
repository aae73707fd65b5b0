#if S3
import BucketStore
import KeyValue
import KeyValueConformance
import Synchronization
import TestServers
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test func bucketMeetsTheContract() async throws {
        let (server, _) = try await BucketServer.moto()
        try await server.make("conformance")
        await check("s3", server)
        server.stop()
    }

    /// A real server, which does not know all conditions.
    @Test func bucketWithoutConditionsMeetsTheContract() async throws {
        let server = try await BucketServer.ceph()
        try await server.make("conformance")
        await check("s3-ceph", server)
        server.stop()
    }

    /// A clock that can be put forward, so that nobody has to wait until a fence that was read is read again.
    private final class Clock: Sendable {
        private let ahead = Mutex<Int64>(0)

        func pass(_ duration: Duration) {
            ahead.withLock { $0 += Int64(duration / .nanoseconds(1)) }
        }

        var environment: StoreEnvironment {
            var environment = StoreEnvironment.live
            environment.nanoseconds = { StoreEnvironment.live.nanoseconds() + self.ahead.withLock { $0 } }
            return environment
        }
    }

    private func check(_ name: String, _ server: BucketServer) async {
        let places = Mutex(0)
        let clock = Clock()
        var subject = ConformanceSubject(name) {
            let number = places.withLock { places in
                places += 1
                return places
            }
            let url = server.url("conformance", prefix: "place-\(number)")
            let faults = CallFaults()
            return ConformancePlace(
                open: {
                    faults.watch(try await BucketDriver().open(StoreLocation(url), environment: clock.environment))
                },
                reopens: true,
                opensTogether: true,
                startWriter: { try KilledWriter(url) },
                inject: { faults.inject($0) }
            )
        }
        subject.wait = { clock.pass($0) }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        let problems = report.problems { requirement in
            switch requirement {
            case .snapshots, .snapshotReads, .batchScope, .marks, .changeFeed, .reverseScan, .atomicFencing: true
            case .conditionalWrite, .conditionalDelete, .integerAdd, .consistency: name == "s3-ceph"
            default: false
            }
        }
        for problem in problems { Issue.record("\(problem)") }
    }
}
#endif
