public import KeyValue
import Synchronization

/// What became of writes in bad weather, each of a name of its own.
public final class WriteOutcomes: Sendable {
    private let codes = Mutex<[String: StoreError.Code?]>([:])

    /// Nothing is noted yet.
    public init() {}

    /// Notes how the write of a name ended: with an error of this code, or acknowledged when it is nil.
    public func note(_ code: StoreError.Code?, of name: String) {
        codes.withLock { _ = $0.updateValue(code, forKey: name) }
    }

    /// What is wrong when just these names are there after all: something that was acknowledged is lost, something
    /// that failed is there, or a write failed as the weather does not explain.
    public func problems(ifThere there: Set<String>) -> [String] {
        let codes = codes.withLock { $0 }
        var problems = codes.values.contains(nil) ? [] : ["nothing was acknowledged"]
        for (name, code) in codes.sorted(by: { $0.key < $1.key }) {
            switch code {
            case nil: if !there.contains(name) { problems.append("\(name) was acknowledged and is lost") }
            case .unavailable, .timedOut: if there.contains(name) { problems.append("\(name) failed and is there") }
            case .outcomeUnknown: break
            case let code?: problems.append("\(name) failed with \(code)")
            }
        }
        return problems
    }
}
