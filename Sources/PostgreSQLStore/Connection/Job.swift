#if PostgreSQL
import KeyValue
import Synchronization

/// Work of one caller that is done in one transaction, and its answer.
final class Job: Sendable {
    typealias Answer = Result<[QueryResult], QueryFailure>

    /// What a job does, which decides on which connections it runs and what its loss means.
    enum Kind: Int, Sendable, CaseIterable {
        /// It only reads: others may share its transaction, and it may be sent again.
        case read
        /// It changes something: it has a transaction to itself and is sent once.
        case write
    }

    /// What is sent for it.
    enum Work: Sendable {
        case queries([Query])
        /// A query that others may share.
        case lookup(Lookup)
        /// Lookups of others that share one query.
        case lookups([Job], Query)
        /// Rows that go by `COPY`.
        case load(BulkLoad)
    }

    private enum Phase {
        case waiting
        case sent
        case done
    }

    private struct State {
        var phase = Phase.waiting
        var answer: Answer?
        var waiter: UnsafeContinuation<Answer, Never>?
    }

    let work: Work
    let kind: Kind
    /// The leased connection that it needs; nil for any.
    let lease: Lease.ID?
    /// On the clock of the environment, in nanoseconds.
    let deadline: Int64
    private let state = Mutex(State())

    init(_ work: Work, kind: Kind, lease: Lease.ID? = nil, deadline: Int64) {
        self.work = work
        self.kind = kind
        self.lease = lease
        self.deadline = deadline
    }

    /// The statements that it consists of; none for a load.
    var queries: [Query] {
        switch work {
        case .queries(let queries): queries
        case .lookup(let lookup): [lookup.query]
        case .lookups(_, let query): [query]
        case .load: []
        }
    }

    var load: BulkLoad? { if case .load(let load) = work { load } else { nil } }

    /// How many results it has.
    var answers: Int {
        switch work {
        case .queries(let queries): queries.count
        case .lookup, .lookups: 1
        case .load: BulkLoad.answers
        }
    }

    /// Those that can be sent each by itself when they can't be answered together.
    var parts: [Job] { if case .lookups(let jobs, _) = work { jobs } else { [self] } }

    // MARK: - From here to its end

    /// Whether it is to be sent: false when it was withdrawn.
    func begin() -> Bool {
        state.withLock { state in
            if state.phase == .waiting { state.phase = .sent }
            return state.phase == .sent
        }
    }

    var isWithdrawn: Bool { state.withLock { $0.phase == .done } }

    func finish(_ answer: Answer) {
        if case .lookups(let jobs, _) = work { return Lookup.finish(jobs, answer) }
        end(answer) { $0 != .done }
    }

    /// Ends it with an error if nothing was sent yet.
    func withdraw(_ error: StoreError) { end(.failure(.unsent(error))) { $0 == .waiting } }

    private func end(_ answer: Answer, if isWanted: (Phase) -> Bool) {
        let waiter = state.withLock { state -> UnsafeContinuation<Answer, Never>? in
            guard isWanted(state.phase) else { return nil }
            state.phase = .done
            state.answer = answer
            return state.waiter.take()
        }
        waiter?.resume(returning: answer)
    }

    /// Waits for its end. One task may wait.
    func answer() async -> Answer {
        await withUnsafeContinuation { continuation in
            let answer = state.withLock { state -> Answer? in
                if state.answer == nil { state.waiter = continuation }
                return state.answer
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
#endif
