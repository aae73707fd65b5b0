#if CloudflareKV
import KeyValue
import KeyValueConformance
import TestServers
import TestSupport
import Testing

@testable import CloudflareKVStore

/// The contract, as far as names and values of a namespace reach; time is simulated, so that nobody waits for requests'
/// turns.
@Suite struct ConformanceTests {
    /// One that shows what was written at once, as one location of Cloudflare's mostly does, and one that shows it after
    /// some requests, and has pages without keys.
    @Test(arguments: [("cloudflare-kv", 0), ("cloudflare-kv-lagging", 3)])
    func namespaceMeetsTheContract(name: String, staleness: Int) async {
        let time = SimulatedTime()
        var subject = ConformanceSubject(name) {
            let namespace = ScriptedCloudflareKV(staleness: staleness, emptyPageEvery: staleness, now: { time.now })
            let budget = RequestBudget(now: time.now)
            let faults = CallFaults()
            return ConformancePlace(
                open: {
                    let store = try CloudflareKVStore(
                        of: namespace,
                        partition: "p",
                        budget: budget,
                        environment: time.environment
                    )
                    return faults.watch(BareValues(store))
                },
                reopens: true,
                opensTogether: true,
                inject: { faults.inject($0) },
                lacks: ConformanceOffer.ofEveryLayout
            )
        }
        subject.wait = { time.advance(by: $0) }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        let problems = report.problems { requirement in
            switch requirement {
            case .conditionalWrite, .conditionalDelete, .integerAdd, .snapshotReads, .snapshots, .reverseScan, .marks,
                .changeFeed, .batchScope, .consistency, .order, .offer(.writingProcess):
                true
            case .offer(let offer): ConformanceOffer.ofEveryLayout.contains(offer)
            case .atomicFencing, .without: false
            }
        }
        for problem in problems { Issue.record("\(problem)") }
    }
}
#endif
