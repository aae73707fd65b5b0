/// Holds a store to the contract of `KeyValueStore`, at the level that its `Capabilities` declare.
///
/// A store's test makes a subject, runs the suite, prints the line and reports the failures:
///
/// ```swift
/// @Test func conforms() async throws {
///     let subject = ConformanceSubject("example") {
///         let directory = try TemporaryDirectory()
///         return ConformancePlace(
///             open: { try await ExampleStore.open(in: directory.path) },
///             reopens: true,
///             remove: { try directory.remove() }
///         )
///     }
///     let report = await ConformanceSuite.run(subject)
///     print(report.line)
///     for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
/// }
/// ```
///
/// What a place offers beyond opening decides on more cases: reopening, several openers at a time, a process that can
/// be killed (``CrashWorkload``), failures that can be brought about (``InjectedFault``). A store that shows the
/// data of another system as it is says what it has no place for: ``ConformancePlace/lacks``.
///
/// Each case gets an empty place of its own and opens a store there, so cases don't depend on each other. They are
/// run one after the other. Each is bounded in its operations, and none measures time; `caseDurationMax` only ends
/// a case whose store does not answer.
public enum ConformanceSuite {
    /// Runs the cases that apply to a subject.
    ///
    /// - Parameters:
    ///   - subject: the store, and where it can be opened.
    ///   - cases: which; all of them unless told otherwise.
    ///   - seed: what random histories are drawn from. The same seed draws the same.
    ///   - caseDurationMax: after how long a case is cancelled and has failed.
    public static func run(
        _ subject: ConformanceSubject,
        cases: [ConformanceCase] = ConformanceCase.all,
        seed: UInt64 = 1,
        caseDurationMax: Duration = .seconds(300)
    ) async -> ConformanceReport {
        var results: [ConformanceReport.Result] = []
        for conformanceCase in cases {
            let outcome = await run(conformanceCase, on: subject, seed: seed, durationMax: caseDurationMax)
            results.append(ConformanceReport.Result(name: conformanceCase.name, outcome: outcome))
        }
        return ConformanceReport(subject: subject.name, results: results)
    }

    private static func run(
        _ conformanceCase: ConformanceCase,
        on subject: ConformanceSubject,
        seed: UInt64,
        durationMax: Duration
    ) async -> ConformanceReport.Outcome {
        await withTaskGroup { group in
            group.addTask { await run(conformanceCase, on: subject, seed: seed) }
            group.addTask {
                do {
                    try await ContinuousClock().sleep(for: durationMax)
                    return .failed("The case did not end within \(durationMax).")
                } catch {
                    return .failed("The suite was cancelled.")
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failed("The case was never run.")
        }
    }

    private static func run(
        _ conformanceCase: ConformanceCase,
        on subject: ConformanceSubject,
        seed: UInt64
    ) async -> ConformanceReport.Outcome {
        do {
            return try await ConformanceContext.with(subject, seed: seed) { context in
                let offers = context.place.offers
                let missing = conformanceCase.requirements.first { requirement in
                    !requirement.isMet(by: context.capabilities, offering: offers)
                }
                if let missing { return .notApplicable(missing) }
                try await conformanceCase.check(context)
                return .passed
            }
        } catch {
            return .failed("\(error)")
        }
    }
}
