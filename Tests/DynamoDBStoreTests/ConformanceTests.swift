#if DynamoDB
import DynamoDBStore
import KeyValue
import KeyValueConformance
import Synchronization
import TestServers
import TestSupport
import Testing

@Suite struct ConformanceTests {
    @Test func tableMeetsTheContract() async throws {
        let server = try await MotoServer.start()
        let places = Mutex(0)
        let subject = ConformanceSubject("dynamodb") {
            let number = places.withLock { places in
                places += 1
                return places
            }
            let url = server.url(ofTable: "place-\(number)")
            let faults = CallFaults()
            return ConformancePlace(
                open: {
                    faults.watch(try await DynamoDBDriver().open(StoreLocation(url), environment: .live))
                },
                reopens: true,
                opensTogether: true,
                startWriter: { try KilledWriter(url) },
                inject: { faults.inject($0) }
            )
        }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        let problems = report.problems { requirement in
            switch requirement {
            case .snapshots, .snapshotReads, .order(.store), .changeFeed: true
            default: false
            }
        }
        for problem in problems { Issue.record("\(problem)") }
        server.kill()
    }
}
#endif
