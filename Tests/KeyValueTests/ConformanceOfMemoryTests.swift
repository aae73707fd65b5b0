import KeyValue
import KeyValueConformance
import TestSupport
import Testing

/// The memory store keeps the contract, whatever kind of store it imitates.
struct ConformanceOfMemoryTests {
    @Test(arguments: MemoryProfile.all.map(\.name))
    func conforms(_ name: String) async throws {
        let profile = try #require(MemoryProfile.all.first { $0.name == name })
        // Time passes only when the suite lets it.
        let time = SimulatedTime()
        var subject = ConformanceSubject(profile.name) {
            ConformancePlace(open: { MemoryStore(profile, environment: time.environment) })
        }
        subject.wait = { time.advance(by: $0) }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
    }
}
