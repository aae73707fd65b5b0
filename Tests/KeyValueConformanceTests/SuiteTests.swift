import KeyValue
import KeyValueConformance
import Testing

/// What the suite makes of cases that pass, fail, don't apply or never end.
struct SuiteTests {
    private let subject = ConformanceSubject("example") { ConformancePlace(open: { MemoryStore() }) }

    @Test func reportsEachCase() async {
        let cases = [
            ConformanceCase("theme/passes") { context in try await context.store.put([1], at: Key("p", "a")) },
            ConformanceCase("theme/finds-nothing") { context in
                let entry = try await context.store.get(Key("p", "a"))
                guard entry == nil else { throw StoreError.invalidArgument("The store was not empty.") }
            },
            ConformanceCase("theme/fails") { _ in throw StoreError.cancelled },
            ConformanceCase("theme/needs-more", .marks, .offer(.writingProcess)) { _ in },
            ConformanceCase("theme/needs-less", .without(.marks)) { _ in },
        ]
        let report = await ConformanceSuite.run(subject, cases: cases)
        #expect(report.line == "CONFORMANCE example 3 of 5")
        #expect(report.failures.map(\.name) == ["theme/fails"])
        #expect(report.failures.allSatisfy { $0.reason.hasPrefix("cancelled: ") })
        let lines = report.description.split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines[0] == "passed          theme/passes")
        #expect(lines[3] == "not applicable  theme/needs-more: requires a place that offers a writing process")
        #expect(lines[4] == "not applicable  theme/needs-less: requires no marks")
    }

    @Test func aCaseThatNeverEndsFails() async {
        let endless = ConformanceCase("theme/endless") { _ in
            while true {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        let report = await ConformanceSuite.run(subject, cases: [endless], caseDurationMax: .milliseconds(1))
        #expect(report.failures.count == 1)
    }

    @Test func aPlaceThatCanNotBeMadeFails() async {
        let nowhere = ConformanceSubject("nowhere") { throw StoreError(.full, "There is no room.") }
        let anything = ConformanceCase("theme/anything") { _ in }
        let report = await ConformanceSuite.run(nowhere, cases: [anything])
        #expect(report.failures.map(\.reason) == ["full: There is no room."])
    }

    @Test func themesComeTogether() {
        var themes: [String] = []
        for theme in ConformanceCase.all.map(\.theme) where themes.last != theme { themes.append(theme) }
        #expect(Set(themes).count == themes.count)
    }
}
