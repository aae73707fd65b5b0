#if PostgreSQL
import CLibpq
import KeyValue

/// One connection of libpq's in pipeline mode, without blocking: what a protocol of our own would have to do instead.
///
/// It belongs to the thread of the event loop, which asks it what it waits for and tells it what has come.
final class Link {
    /// How far it has come.
    enum State: Equatable {
        /// Closed; the moment from which on it may be tried again.
        case closed(until: Int64)
        /// Being made elsewhere, under this number.
        case connecting(attempt: UInt64)
        /// Being told its settings.
        case configuring
        /// In pipeline mode.
        case ready
        /// Out of pipeline mode, which has no `COPY`, until the load is done.
        case loading
    }

    /// What its segments carry.
    enum Payload {
        /// Prepares a statement of this name.
        case preparation(String)
        case jobs([Job])
    }

    /// What goes before the statements of a segment of writes behind a pooler, where nothing may be set for longer
    /// than a transaction.
    private let limits: Query

    let target: ConnectionTarget
    private(set) var state = State.closed(until: 0)
    private(set) var pipeline = Pipeline<Payload>()
    private(set) var backoff = Backoff()
    /// When it has to be ready, while it is being made.
    private(set) var readyBy: Int64 = .max
    private var connection: ServerHandle?
    private var handle: OpaquePointer? { connection?.pointer }
    private var prepared: Set<String> = []
    private var refusedPreparations: [String: ServerMessage] = [:]
    /// Whether a pooler may give each transaction another server's process, which knows nothing of the last one's
    /// statements.
    private(set) var isPooled = false
    private var wantsToWrite = false

    init(_ target: ConnectionTarget) {
        self.target = target
        limits = Query("SELECT \(Settings.limits(target.timeoutMilliseconds, isLocal: true))")
    }

    var isReady: Bool { state == .ready }

    /// Whether it is connected and set up, whatever it does now.
    var isMade: Bool { state == .ready || state == .loading }

    /// What to wait for; nil when it is closed.
    var interest: pollfd? {
        guard let handle else { return nil }
        var events = Int32(POLLIN)
        switch state {
        case .closed, .connecting: return nil
        case .configuring, .ready, .loading: if wantsToWrite { events |= Int32(POLLOUT) }
        }
        return pollfd(fd: PQsocket(handle), events: Int16(truncatingIfNeeded: events), revents: 0)
    }

    // MARK: - Being made

    /// Somebody else begins to make it, under a number that nobody else has.
    func await(attempt: UInt64, by deadline: Int64) {
        readyBy = deadline
        state = .connecting(attempt: attempt)
    }

    /// It is there, if this is the attempt that counts. Throws why it is of no use.
    func take(_ made: ServerHandle) throws(StoreError) {
        connection = made
        if let failure = configure(made.pointer) { throw failure }
    }

    private func configure(_ handle: OpaquePointer) -> StoreError? {
        // A pooler makes up a process number of its own. Behind one nothing is set, since it would be set for others.
        guard PQsetnonblocking(handle, 1) == 0,
            PQsendQuery(handle, Settings.text(process: PQbackendPID(handle), target.timeoutMilliseconds)) == 1
        else { return connectFailure }
        state = .configuring
        return flush() ? nil : connectFailure
    }

    private var connectFailure: StoreError {
        ConnectionTarget.failure(connection?.message ?? "")
    }

    /// Reads the answer to the settings.
    private func readSettings(_ handle: OpaquePointer) -> StoreError? {
        guard PQconsumeInput(handle) == 1 else { return connectFailure }
        while PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                guard PQenterPipelineMode(handle) == 1 else { return connectFailure }
                state = .ready
                backoff.succeed()
                readyBy = .max
                return nil
            }
            let answer = QueryResult(result)
            guard PQresultStatus(result) == PGRES_TUPLES_OK else {
                return Link.message(of: result).map(\.storeError) ?? connectFailure
            }
            isPooled = answer.text(0, 0) != "t"
        }
        return nil
    }

    // MARK: - Under way

    /// Something has come, or there is room to write. Throws what ended the connection.
    func advance(_ finished: (Pipeline<Payload>.Segment) -> Void) throws(StoreError) {
        switch state {
        case .closed, .connecting: return
        case .configuring:
            guard let handle, flush() else { throw connectFailure }
            if let failure = readSettings(handle) { throw failure }
        case .ready:
            guard let handle else { return }
            // What arrived before the end is read even then.
            let isAlive = PQconsumeInput(handle) == 1
            let isWhole = read(handle, finished)
            guard isAlive, isWhole, flush() else { throw connectFailure }
        case .loading:
            guard let handle else { return }
            let isAlive = PQconsumeInput(handle) == 1
            let isWhole = readLoad(handle, finished)
            guard isAlive, isWhole, flush() else { throw connectFailure }
        }
    }

    /// Takes in all answers that are there; false when the connection is found to be gone.
    private func read(_ handle: OpaquePointer, _ finished: (Pipeline<Payload>.Segment) -> Void) -> Bool {
        while !pipeline.isEmpty, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                guard pipeline.endStatement() else { return PQstatus(handle) == CONNECTION_OK }
                continue
            }
            let answer = QueryResult(result)
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                guard let segment = pipeline.endSegment() else { return false }
                settle(segment)
                finished(segment)
            case PGRES_PIPELINE_ABORTED: pipeline.receive(.skipped)
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: pipeline.receive(.done(answer))
            default:
                // Without a code it is libpq that speaks, of the connection.
                guard let message = Link.message(of: result) else { return false }
                pipeline.receive(.failed(explained(message)))
            }
        }
        return true
    }

    private func settle(_ segment: Pipeline<Payload>.Segment) {
        guard case .preparation(let name) = segment.payload else { return }
        if case .failed(let message) = segment.answers.first {
            prepared.remove(name)
            refusedPreparations[name] = message
        }
    }

    /// Where a statement is missing, why it could not be prepared says more.
    private func explained(_ message: ServerMessage) -> ServerMessage {
        guard message.code == "26000", case .jobs(let jobs) = pipeline.current?.payload else { return message }
        for query in jobs.flatMap(\.queries) {
            if let name = query.name, let reason = refusedPreparations[name] { return reason }
        }
        prepared = []
        return message
    }

    private static func message(of result: OpaquePointer) -> ServerMessage? {
        func field(_ letter: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(letter.value)).map { String(cString: $0) }
        }
        return field("C").map { ServerMessage(code: $0, text: field("M") ?? "") }
    }

    /// Sends what is waiting to be sent; false when the connection is gone.
    private func flush() -> Bool {
        let code = PQflush(handle)
        wantsToWrite = code == 1
        return code >= 0
    }

    // MARK: - Loading

    /// Begins a load on a connection that does nothing else; false when the connection is gone.
    private func begin(_ load: BulkLoad, of job: Job, _ handle: OpaquePointer) -> Bool {
        let text = (isPooled ? limits.text + ";" : "") + load.text
        guard PQexitPipelineMode(handle) == 1, PQsendQuery(handle, text) == 1 else { return false }
        state = .loading
        pipeline.append(.jobs([job]), statements: BulkLoad.answers, deadline: job.deadline, hasPreface: isPooled)
        return flush()
    }

    /// Takes in the answers to a load, and gives it its rows; false when the connection is found to be gone.
    private func readLoad(_ handle: OpaquePointer, _ finished: (Pipeline<Payload>.Segment) -> Void) -> Bool {
        guard case .jobs(let jobs) = pipeline.current?.payload, let load = jobs.first?.load else { return false }
        while PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                guard PQstatus(handle) == CONNECTION_OK, PQenterPipelineMode(handle) == 1,
                    let segment = pipeline.endSegment()
                else { return false }
                state = .ready
                finished(segment)
                return true
            }
            let answer = QueryResult(result)
            var isAdmitted = true
            if case .done(let fence) = pipeline.current?.answers.first { isAdmitted = load.admits(fence) }
            switch PQresultStatus(result) {
            case PGRES_COPY_IN:
                guard Link.give(isAdmitted ? load.bytes : nil, handle), flush() else { return false }
                continue
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: pipeline.receive(.done(answer))
            default:
                guard let message = Link.message(of: result) else { return false }
                // That it was not let in is said by the fence, the failure only ends it.
                pipeline.receive(isAdmitted ? .failed(message) : .done(answer))
            }
            _ = pipeline.endStatement()
        }
        return true
    }

    /// Gives the server rows, or nil to have it undo everything.
    private static func give(_ bytes: [UInt8]?, _ handle: OpaquePointer) -> Bool {
        guard let bytes else { return PQputCopyEnd(handle, "not admitted") == 1 }
        let isTaken = bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return PQputCopyData(handle, start, Int32(truncatingIfNeeded: bytes.count)) == 1
        }
        return isTaken && PQputCopyEnd(handle, nil) == 1
    }

    // MARK: - Sending

    /// Sends jobs as one segment; false when the connection is gone.
    func send(_ jobs: [Job]) -> Bool {
        guard let handle, isReady else { return false }
        if let job = jobs.first, let load = job.load { return begin(load, of: job, handle) }
        let deadline = jobs.reduce(Int64.max) { min($0, $1.deadline) }
        let queries = jobs.flatMap(\.queries)
        for query in queries {
            guard let name = query.name, !isPooled, !prepared.contains(name) else { continue }
            guard prepare(query, name, handle, deadline) else { return false }
        }
        let isLimited = isPooled && jobs.contains { $0.kind == .write }
        if isLimited {
            guard Link.send(limits, name: nil, handle) else { return false }
        }
        for query in queries {
            guard Link.send(query, name: isPooled ? nil : query.name, handle) else { return false }
        }
        pipeline.append(.jobs(jobs), statements: queries.count, deadline: deadline, hasPreface: isLimited)
        guard PQpipelineSync(handle) == 1 else { return false }
        return flush()
    }

    private func prepare(_ query: Query, _ name: String, _ handle: OpaquePointer, _ deadline: Int64) -> Bool {
        let types = query.parameters.types.map { Oid($0) }
        guard PQsendPrepare(handle, name, query.text, Int32(types.count), types) == 1 else { return false }
        pipeline.append(.preparation(name), statements: 1, deadline: deadline)
        prepared.insert(name)
        refusedPreparations[name] = nil
        return PQpipelineSync(handle) == 1
    }

    private static func send(_ query: Query, name: String?, _ handle: OpaquePointer) -> Bool {
        let parameters = query.parameters
        let count = Int32(truncatingIfNeeded: parameters.count)
        let types = parameters.types.map { Oid($0) }
        let lengths = parameters.places.map { Int32(truncatingIfNeeded: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        // One byte more, so that an empty value has an address, too: without one it would be NULL.
        return (parameters.block + [0]).withUnsafeBytes { block in
            let start = block.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = parameters.places.map { place in place.flatMap { place in start.map { $0 + place.lowerBound } }
            }
            if let name { return PQsendQueryPrepared(handle, name, count, values, lengths, formats, 1) == 1 }
            return PQsendQueryParams(handle, query.text, count, types, values, lengths, formats, 1) == 1
        }
    }

    // MARK: - The end

    /// Closes it; what was under way.
    func disconnect(until moment: Int64) -> [Pipeline<Payload>.Segment] {
        connection = nil
        state = .closed(until: moment)
        readyBy = .max
        prepared = []
        refusedPreparations = [:]
        wantsToWrite = false
        return pipeline.abandon()
    }

    /// Closes it after a failure, and leaves it alone for a while.
    func fail(now: Int64, random: UInt64) -> [Pipeline<Payload>.Segment] {
        disconnect(until: now + backoff.fail(random: random))
    }
}

/// What every connection is told before its first query.
enum Settings {
    /// One query that sets what it needs unless it is behind a pooler, and says whether it did.
    ///
    /// All our statements are meant to go by the primary key, and their plans do not depend on their parameters: a
    /// plan made while a table was still empty must not read all of it later.
    static func text(process: Int32, _ timeoutMilliseconds: Int64) -> String {
        let plans = [
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
            ("jit", "off"),
        ]
        let calls = limits(timeoutMilliseconds, isLocal: false) + " AND " + calls(plans, isLocal: false)
        return "SELECT CASE WHEN pg_backend_pid() = \(process) THEN \(calls) ELSE false END"
    }

    /// What bounds how long a statement may take and wait, and nothing how long a snapshot may be kept.
    ///
    /// - Parameter isLocal: for the transaction alone.
    static func limits(_ timeoutMilliseconds: Int64, isLocal: Bool) -> String {
        let settings = [
            ("lock_timeout", "\(max(timeoutMilliseconds / 2, 1))"),
            ("statement_timeout", "\(max(timeoutMilliseconds * 3 / 4, 1))"),
            ("idle_in_transaction_session_timeout", "0"),
        ]
        return calls(settings, isLocal: isLocal)
    }

    private static func calls(_ settings: [(String, String)], isLocal: Bool) -> String {
        settings.map { "set_config('\($0)', '\($1)', \(isLocal)) IS NOT NULL" }.joined(separator: " AND ")
    }
}
#endif
