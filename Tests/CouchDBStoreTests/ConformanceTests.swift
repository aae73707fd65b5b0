#if CouchDB
import CouchDBStore
import Foundation
import KeyValue
import KeyValueConformance
import Synchronization
import TestServers
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test func oneNodeMeetsTheContract() async throws {
        let server = try ScriptedCouchDB.start(users: ["admin": "p:w"])
        await check("couchdb", at: "couchdb://admin:p%3Aw@127.0.0.1:\(server.port)")
        server.stop()
    }

    @Test func aClusterMeetsTheContract() async throws {
        let server = try ScriptedCouchDB.start(users: ["admin": "p"], copies: 3)
        await check("couchdb-cluster", at: "couchdb://admin:p@127.0.0.1:\(server.port)", "?login=cookie", copies: 3)
        server.stop()
    }

    /// Straight to the server, with its own logins and sessions.
    @Test(.enabled(if: GivenCouchDB.shared != nil), arguments: ["basic", "cookie"])
    func aRealServerMeetsTheContract(login: String) async throws {
        let server = try #require(GivenCouchDB.shared).get()
        let name = "couchdb-real" + (server.copies > 1 ? "-cluster" : "")
        await check(name, at: server.url, "?login=\(login)", copies: server.copies)
    }

    /// Runs the suite, each place in a database of its own.
    private func check(_ name: String, at server: String, _ options: String = "", copies: Int = 1) async {
        let places = Mutex(0)
        let run = UInt32.random(in: 0 ... .max)
        let clock = SkippingClock()
        var subject = ConformanceSubject(name) {
            let number = places.withLock { places in
                places += 1
                return places
            }
            let place = "\(server)/place\(run)-\(number)\(options)"
            let faults = CallFaults()
            return ConformancePlace(
                open: {
                    faults.watch(try await CouchDBDriver().open(StoreLocation(place), environment: clock.environment))
                },
                reopens: true,
                opensTogether: true,
                startWriter: { try KilledWriter(place) },
                inject: { faults.inject($0) }
            )
        }
        subject.wait = { clock.skip($0) }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        // One document is less than what these cases are about, and a cluster's reads may lag.
        let problems = report.problems { requirement in
            switch requirement {
            case .snapshots, .snapshotReads, .batchScope, .consistency(.linearizable), .integerAdd, .marks: true
            case .atomicFencing, .without: true
            case .changeFeed: copies > 1
            default: false
            }
        }
        for problem in problems { Issue.record("\(problem)") }
    }
}

/// The system's clock, put forward in the place of waiting.
private final class SkippingClock: Sendable {
    private let skipped = Mutex(Duration.zero)

    func skip(_ duration: Duration) { skipped.withLock { $0 += duration } }

    var environment: StoreEnvironment {
        StoreEnvironment(
            random: StoreEnvironment.live.random,
            nanoseconds: {
                StoreEnvironment.live.nanoseconds() + Int64(self.skipped.withLock { $0 } / .nanoseconds(1))
            },
            sleep: StoreEnvironment.live.sleep
        )
    }
}
#endif
