#if PostgreSQL
import KeyValue
import Synchronization

/// Queries of one caller that run in one transaction, and where their answer goes.
final class Job: Sendable {
    typealias Answer = Result<[QueryResult], QueryFailure>

    /// What a job does, which decides on which connections it runs and what its loss means.
    enum Kind: Hashable, Sendable {
        /// It only reads: others may share its transaction, and it may be sent again.
        case read
        /// It changes something: it has a transaction to itself and is sent once.
        case write
    }

    private enum Phase {
        case waiting
        case sent
        case done
    }

    let queries: [Query]
    /// Rows that go by `COPY`, instead of queries.
    let load: BulkLoad?
    let kind: Kind
    /// The leased connection that it needs; nil for any.
    let lease: Lease.ID?
    /// On the clock of the environment, in nanoseconds.
    let deadline: Int64
    private let phase = Mutex(Phase.waiting)
    private let completion: @Sendable (Answer) -> Void

    init(
        _ queries: [Query] = [],
        load: BulkLoad? = nil,
        kind: Kind,
        lease: Lease.ID? = nil,
        deadline: Int64,
        completion: @escaping @Sendable (Answer) -> Void
    ) {
        self.queries = queries
        self.load = load
        self.kind = kind
        self.lease = lease
        self.deadline = deadline
        self.completion = completion
    }

    /// How many results it has.
    var answers: Int { load == nil ? queries.count : BulkLoad.answers }

    /// Whether it is to be sent: false when it was withdrawn.
    func begin() -> Bool {
        phase.withLock { phase in
            if phase == .waiting { phase = .sent }
            return phase == .sent
        }
    }

    var isWithdrawn: Bool { phase.withLock { $0 == .done } }

    func finish(_ answer: Answer) {
        let isFirst = phase.withLock { phase in
            defer { phase = .done }
            return phase != .done
        }
        if isFirst { completion(answer) }
    }

    /// Ends it with an error if nothing was sent yet.
    func withdraw(_ error: StoreError) {
        let isWaiting = phase.withLock { phase in
            guard phase == .waiting else { return false }
            phase = .done
            return true
        }
        if isWaiting { completion(.failure(.unsent(error))) }
    }
}
#endif
