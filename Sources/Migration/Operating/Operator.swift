public import KeyValue

/// Steers a migration from anywhere: it needs the control store alone. What it asks for is done by the worker that
/// leads, where both stores are open.
public struct Operator: Sendable {
    private let control: ControlStore
    private let name: String
    private let environment: StoreEnvironment

    /// An operator of this name, which the audit log tells.
    public init(_ control: ControlStore, name: String, environment: StoreEnvironment = .live) {
        self.control = control
        self.name = name
        self.environment = environment
    }

    /// A request that was handed in.
    public struct Request: Hashable, Sendable {
        let number: UInt64
    }

    /// How a request went.
    public enum Outcome: Hashable, Sendable {
        /// It is done.
        case done
        /// It was refused, or failed on the way: why, in one line.
        case failed(String)
    }

    /// Hands in a request, which ``outcome(of:takenWithin:)`` waits for. Throws as ``ControlStore/read()`` does.
    public func request(_ command: OperatorCommand) async throws(StoreError) -> Request {
        _ = try await control.read()
        let request = Request(number: environment.random())
        _ = try await control.keep(OperatorRequest(command, actor: name), number: request.number, if: .absent)
        return request
    }

    /// For how long no worker says anything before one that took a request is given up. Another that takes over says
    /// within half of that what became of the request.
    static let silenceMax = Duration.seconds(30)

    /// Waits until a request is answered.
    ///
    /// One that nobody takes within `waitMax` is withdrawn, also when the task is cancelled before: then
    /// `StoreError.Code.unavailable` or `StoreError.Code.cancelled` is thrown, and nothing has been done. One that
    /// was taken is done to its end, also when the task is cancelled. When whoever took it is gone and nobody else comes
    /// for half a minute, `StoreError.Code.outcomeUnknown` is thrown.
    public func outcome(of request: Request, takenWithin waitMax: Duration) async throws(StoreError) -> Outcome {
        let began = environment.now()
        var toldAt = began
        var watch = WorkerWatch()
        while true {
            guard let (present, revision) = try await control.request(request.number) else { throw .requestIsForgotten }
            let now = environment.now()
            switch present.answer {
            case .done:
                _ = try await control.removeRequest(request.number, revision)
                return .done
            case .failed(let reason):
                _ = try await control.removeRequest(request.number, revision)
                return .failed(reason)
            case .waiting where now - began >= waitMax || Task.isCancelled:
                guard try await control.removeRequest(request.number, revision) else { continue }
                throw Task.isCancelled ? .cancelled : .nobodyLeads
            case .waiting where now - toldAt >= .seconds(1):
                // So that it is known that somebody still waits.
                toldAt = now
                _ = try await control.keep(present, number: request.number, if: .revision(revision))
            case .taken where Task.isCancelled: throw .cancelled
            case .taken:
                guard try await watch.silence(of: control, now: now) >= Operator.silenceMax else { break }
                throw .whoeverTookItIsGone
            case .waiting: break
            }
            // One that is cancelled withdraws its request first.
            do { try await environment.sleep(.milliseconds(50)) } catch { continue }
        }
    }

    /// Whether some worker says something within two seconds.
    public func isSomebodyWorking() async throws(StoreError) -> Bool {
        let before = try await control.workers()
        if before.isEmpty { return false }
        for _ in 0..<20 {
            do { try await environment.sleep(.milliseconds(125)) } catch { throw .cancelled }
            for (id, _, revision) in try await control.workers()
            where !before.contains(where: { $0.id == id && $0.revision == revision }) { return true }
        }
        return false
    }
}

/// For how long no worker has said anything, on the clock of whoever listens.
private struct WorkerWatch {
    private static let interval = Duration.seconds(1)

    private var heard: Set<Revision> = []
    private var heardAt: Duration?
    private var lookedAt: Duration?

    mutating func silence(of control: ControlStore, now: Duration) async throws(StoreError) -> Duration {
        if now - (lookedAt ?? now - WorkerWatch.interval) >= WorkerWatch.interval {
            lookedAt = now
            let reports = Set(try await control.workers().map(\.revision))
            // One that left has said so, but has nothing more to say of the request.
            if heardAt == nil || !reports.isSubset(of: heard) { heardAt = now }
            heard = reports
        }
        return now - (heardAt ?? now)
    }
}

extension OperatorRequest {
    var isAnswered: Bool { answer != .waiting && answer != .taken }
}

extension StoreError {
    fileprivate static var nobodyLeads: StoreError {
        StoreError(
            .unavailable,
            "Nobody works on this migration: name source and target too, or start a worker where they can be opened."
        )
    }

    fileprivate static var whoeverTookItIsGone: StoreError {
        StoreError(
            .outcomeUnknown,
            "Whoever took the request is gone, and nobody else works: look where the migration is, and start a worker."
        )
    }

    fileprivate static var requestIsForgotten: StoreError {
        StoreError(.outcomeUnknown, "It is not known what became of the request: look where the migration is.")
    }
}
