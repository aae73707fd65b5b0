/// How a store fared in each case.
public struct ConformanceReport: Sendable {
    /// How one case ended.
    public enum Outcome: Hashable, Sendable {
        /// The promise holds.
        case passed
        /// It does not, or the case could not be carried out.
        case failed(String)
        /// The store or its place lacks what the case requires.
        case notApplicable(Requirement)
    }

    /// The outcome of one case.
    public struct Result: Sendable {
        /// The case's name.
        public let name: String
        /// How it ended.
        public let outcome: Outcome
    }

    /// The name of the subject.
    public let subject: String
    /// One result a case, in the order of the cases.
    public let results: [Result]

    /// How many cases were run, passed or failed.
    public var casesRun: Int {
        results.count { result in
            if case .notApplicable = result.outcome { false } else { true }
        }
    }

    /// The cases that failed, each with its reason.
    public var failures: [(name: String, reason: String)] {
        results.compactMap { result in
            guard case .failed(let reason) = result.outcome else { return nil }
            return (result.name, reason)
        }
    }

    /// What is wrong, a line each: the cases that failed, and those that were left out for want of something that the
    /// store or its place should have.
    ///
    /// - Parameter mayLack: whether it is right that something is lacking. That a store can do more than a case is
    ///   about is always right.
    public func problems(mayLack: (Requirement) -> Bool) -> [String] {
        results.compactMap { result in
            switch result.outcome {
            case .passed, .notApplicable(.without): nil
            case .notApplicable(let requirement) where mayLack(requirement): nil
            case .notApplicable(let requirement): "\(result.name) requires \(requirement)"
            case .failed(let reason): "\(result.name): \(reason)"
            }
        }
    }

    /// "CONFORMANCE", the subject's name, and how many of all cases were run: one line to print, for scripts that
    /// watch that no case is lost.
    public var line: String { "CONFORMANCE \(subject) \(casesRun) of \(results.count)" }
}

extension ConformanceReport: CustomStringConvertible {
    /// A line a case, and ``line`` at the end.
    public var description: String {
        let lines = results.map { result in
            switch result.outcome {
            case .passed: "passed          \(result.name)"
            case .failed(let reason): "FAILED          \(result.name): \(reason)"
            case .notApplicable(let requirement): "not applicable  \(result.name): requires \(requirement)"
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
