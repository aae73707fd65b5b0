#if PostgreSQL
/// What is under way on one connection: segments of statements, each ended by a synchronisation, answered in order.
///
/// Pure: it is told what arrives and says which segment is done.
struct Pipeline<Payload> {
    /// How one statement was answered.
    enum Answer {
        case done(QueryResult)
        case failed(ServerMessage)
        /// Passed over, since one before it in the segment failed.
        case skipped
    }

    /// Statements between two synchronisations.
    struct Segment {
        let payload: Payload
        let statements: Int
        /// On the clock of the environment, in nanoseconds.
        let deadline: Int64
        /// Whether a statement comes before the counted ones, of whose success nobody is told.
        fileprivate var hasPreface: Bool
        /// Those that were answered.
        fileprivate(set) var answers: [Answer] = []
        /// That the transaction failed at its end, after every statement succeeded.
        fileprivate(set) var endFailure: ServerMessage?
    }

    private(set) var segments: [Segment] = []
    private var first = 0
    private var isAnswered = false

    /// How many segments are under way.
    var count: Int { segments.count - first }

    var isEmpty: Bool { count == 0 }

    /// The one that is being answered.
    var current: Segment? { isEmpty ? nil : segments[first] }

    mutating func append(_ payload: Payload, statements: Int, deadline: Int64, hasPreface: Bool = false) {
        segments.append(
            Segment(payload: payload, statements: statements, deadline: deadline, hasPreface: hasPreface)
        )
    }

    /// A statement of the current segment was answered. Of several answers to one statement the first counts.
    mutating func receive(_ answer: Answer) {
        guard !isEmpty else { return }
        if segments[first].hasPreface {
            segments[first].hasPreface = false
            isAnswered = true
            // What it fails with is what the first statement, which is skipped then, fails with.
            guard case .failed = answer else { return }
            segments[first].answers.append(answer)
        } else if segments[first].answers.count == segments[first].statements {
            if case .failed(let message) = answer, !isAnswered { segments[first].endFailure = message }
        } else if !isAnswered {
            segments[first].answers.append(answer)
            isAnswered = true
        }
    }

    /// There are no more answers to a statement; whether there was one.
    mutating func endStatement() -> Bool {
        defer { isAnswered = false }
        return isAnswered
    }

    /// The current segment's transaction is over.
    mutating func endSegment() -> Segment? {
        guard !isEmpty else { return nil }
        isAnswered = false
        defer {
            first += 1
            if first == segments.count || first > 256 {
                segments.removeFirst(first)
                first = 0
            }
        }
        return segments[first]
    }

    /// Everything that was not answered to its end, when the connection is gone.
    mutating func abandon() -> [Segment] {
        defer { self = Pipeline() }
        return Array(segments[first...])
    }
}
#endif
