import KeyValueConformance
import Testing

/// The suite is itself tested: every broken store fails the cases that are about what is broken in it.
struct ZooTests {
    @Test func aWholeStorePasses() async {
        let whole = Animal("whole")
        let report = await ConformanceSuite.run(whole.subject)
        for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
        // It can do everything, so that only refusals don't apply.
        for case .notApplicable(let requirement) in report.results.map(\.outcome) {
            guard case .without = requirement else {
                Issue.record("a whole store lacks \(requirement)")
                continue
            }
        }
    }

    @Test(arguments: Animal.zoo)
    func isCaught(_ animal: Animal) async {
        let cases = ConformanceCase.all.filter { animal.caughtBy.contains($0.name) }
        #expect(cases.map(\.name).sorted() == animal.caughtBy.sorted(), "the names of cases")
        let report = await ConformanceSuite.run(animal.subject, cases: cases)
        for result in report.results {
            guard case .failed = result.outcome else {
                Issue.record("\(animal) is not caught by \(result.name): \(result.outcome)")
                continue
            }
        }
    }

    @Test func namesAreDistinct() {
        #expect(Set(Animal.zoo.map(\.name)).count == Animal.zoo.count)
        #expect(Set(ConformanceCase.all.map(\.name)).count == ConformanceCase.all.count)
    }

    /// A case that no animal fails may be vacuous.
    @Test func everyCaseCatchesSomething() {
        let caught = Set(Animal.zoo.flatMap(\.caughtBy))
        let idle = ConformanceCase.all.map(\.name).filter { !caught.contains($0) }
        for name in idle { print("ZOO no animal fails \(name)") }
        #expect(idle.isEmpty)
    }
}
