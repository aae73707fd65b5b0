#if PostgreSQL
import KeyValue

/// A database as the store and its views use it: queries in, binary rows out, over a few connections that are shared
/// and made again when they break.
///
/// Any number of tasks may use it at once. libpq is behind it and nowhere else.
final class PostgreSQLConnection: Sendable {
    private let loop: EventLoop
    private let target: ConnectionTarget
    private let environment: StoreEnvironment
    /// How many connections it makes at most, leased ones aside.
    let connections: Int

    /// Starts the thread; connections are made when they are needed.
    init(
        _ target: ConnectionTarget,
        connections: Int,
        environment: StoreEnvironment,
        starting: @escaping Connector.Start = { ServerHandle.start($0) }
    ) throws(StoreError) {
        self.target = target
        self.connections = connections
        self.environment = environment
        loop = try EventLoop.start(
            target,
            connections: connections,
            environment: environment,
            starting: starting
        )
    }

    deinit { loop.close() }

    /// What the connections are like now.
    var census: Census.Count { loop.census.current }

    /// Finishes what was begun and closes every connection.
    func close() async {
        loop.close()
        await loop.closed()
    }

    /// Throws after ``close()``, for calls that ask the server nothing.
    func requireOpen() throws(StoreError) {
        if loop.isClosed { throw .closed }
    }

    // MARK: - Queries

    /// Runs queries that change nothing, in one transaction; a result each. Sent again if the connection breaks.
    func read(_ queries: [Query], on lease: Lease? = nil) async throws(StoreError) -> [QueryResult] {
        try await read(.queries(queries), on: lease)
    }

    /// Asks for rows by their keys. Sent again if the connection breaks.
    func read(_ lookup: Lookup, on lease: Lease? = nil) async throws(StoreError) -> QueryResult {
        try await first(of: read(.lookup(lookup), on: lease))
    }

    private func read(_ work: Job.Work, on lease: Lease?) async throws(StoreError) -> [QueryResult] {
        if Task.isCancelled { throw .cancelled }
        var attempt = 0
        while true {
            attempt += 1
            let answer = await run(work, .read, on: lease)
            switch answer {
            case .success(let results): return results
            case .failure(.lost) where lease == nil && attempt < PostgreSQLConnection.attemptsMax: continue
            case .failure(let failure): throw failure.storeError(changes: false)
            }
        }
    }

    /// Runs one query that changes nothing.
    func read(_ query: Query, on lease: Lease? = nil) async throws(StoreError) -> QueryResult {
        try await first(of: read([query], on: lease))
    }

    private func first(of results: [QueryResult]) throws(StoreError) -> QueryResult {
        guard let result = results.first else {
            throw StoreError(.unavailable, "The server gave no answer: try again.")
        }
        return result
    }

    /// Runs one query of a caller's own, such as a view of another table needs it.
    func query(
        _ text: String,
        _ parameters: (inout Parameters) -> Void,
        on lease: Lease? = nil
    )
        async throws(StoreError) -> QueryResult
    {
        try await read(Query(text, parameters), on: lease)
    }

    /// Runs queries that change something, in a transaction of their own. What the server undid for the sake of
    /// another transaction is tried again; what may have been done is not.
    func write(_ queries: [Query]) async throws(StoreError) -> [QueryResult] {
        if Task.isCancelled { throw .cancelled }
        return try await finishWriting(queries, await run(.queries(queries), .write, on: nil))
    }

    /// Runs a query each in a transaction of its own.
    func write(each queries: [Query]) async -> [Result<QueryResult, StoreError>] {
        let answers = await run(queries.map { .queries([$0]) })
        var results: [Result<QueryResult, StoreError>] = []
        for (query, answer) in zip(queries, answers) {
            do throws(StoreError) {
                guard let result = try await finishWriting([query], answer).first else {
                    throw StoreError(.outcomeUnknown, "The server gave no answer: read what is there.")
                }
                results.append(.success(result))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    /// Runs loads, each in a transaction of its own.
    func load(_ loads: [BulkLoad]) async -> [Job.Answer] { await run(loads.map { .load($0) }) }

    /// Runs what changes something, each in a transaction of its own.
    private func run(_ works: [Job.Work]) async -> [Job.Answer] {
        let deadline = self.deadline
        let jobs = works.map { Job($0, kind: .write, deadline: deadline) }
        loop.submit(jobs)
        return await withTaskCancellationHandler {
            var answers: [Job.Answer] = []
            for job in jobs { answers.append(await job.answer()) }
            return answers
        } onCancel: {
            for job in jobs { job.withdraw(.cancelled) }
        }
    }

    private static let attemptsMax = 3
    private static let collisionsMax = 12

    private func finishWriting(_ queries: [Query], _ first: Job.Answer) async throws(StoreError) -> [QueryResult] {
        var answer = first
        var collisions = 0
        while true {
            switch answer {
            case .success(let results): return results
            case .failure(let failure):
                guard failure.isCollision, collisions < PostgreSQLConnection.collisionsMax else {
                    throw failure.storeError(changes: true)
                }
            }
            collisions += 1
            let pause = Int64(environment.random() % UInt64(1_000_000 << min(collisions, 6)))
            do {
                try await environment.sleep(.nanoseconds(pause))
            } catch {
                throw .cancelled
            }
            answer = await run(.queries(queries), .write, on: nil)
        }
    }

    private var deadline: Int64 { environment.nanoseconds() + target.timeoutMilliseconds * 1_000_000 }

    private func run(_ work: Job.Work, _ kind: Job.Kind, on lease: Lease?) async -> Job.Answer {
        let job = Job(work, kind: kind, lease: lease?.id, deadline: deadline)
        loop.submit([job])
        return await withTaskCancellationHandler {
            await job.answer()
        } onCancel: {
            job.withdraw(.cancelled)
        }
    }

    // MARK: - Leases

    /// A connection of the caller's own. It has to be given back with ``release(_:)``.
    func lease() -> Lease {
        let lease = Lease(id: Lease.ID(number: environment.random()))
        loop.lease(lease.id)
        return lease
    }

    /// Closes a leased connection, and with it undoes whatever transaction is open there.
    func release(_ lease: Lease) { loop.release(lease.id) }

    /// A leased connection in a transaction that sees the database as it is now, however long it lasts, and that
    /// changes nothing.
    func leaseSnapshot() async throws(StoreError) -> Lease {
        let lease = lease()
        do throws(StoreError) {
            // The first query of the transaction is what fixes the moment. Behind a pooler nothing has been set yet.
            let limits = "SELECT \(Settings.limits(target.timeoutMilliseconds, isLocal: true))"
            _ = try await read(
                [Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), Query(limits)],
                on: lease
            )
        } catch {
            release(lease)
            throw error
        }
        return lease
    }
}
#endif
