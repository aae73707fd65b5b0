#if SQLite
import CSQLite
import Glibc
import KeyValue

/// The one that writes: a thread of its own with a connection of its own.
///
/// It takes whatever waits into one transaction, answers when that is committed, and moves the log into the database
/// between two transactions and nowhere else. SQLite releases up to 3.51.2 can damage a database when one connection
/// does that while another commits.
///
/// Sendable: what changes is used by the thread alone, except what guards itself.
final class Writer: @unchecked Sendable {
    let connection: Connection
    let queue: WriteQueue
    let shared: WriterState
    private let path: String
    private let configuration: SQLiteConfiguration
    private let identity: StoreIdentity
    private let nanoseconds: @Sendable () -> Int64
    private var fence: Fence
    /// The running mean of what a COMMIT takes, in nanoseconds. Whatever the clock does, it only makes groups larger or
    /// smaller.
    private var commitTime: Int64 = 0
    /// How many pages the log may have before it is moved.
    private var logPagesMax: Int
    /// What is in the log and not yet in the database.
    private var hasLog = false

    static let truncatedLogBytes = 64 << 20
    /// One transaction of a bulk request.
    static let bulkBatches = 10_000
    static let bulkBytes = 16 << 20

    init(
        connection: Connection,
        queue: WriteQueue,
        path: String,
        configuration: SQLiteConfiguration,
        identity: StoreIdentity,
        shared: WriterState,
        nanoseconds: @escaping @Sendable () -> Int64
    ) {
        self.connection = connection
        self.queue = queue
        self.path = path
        self.configuration = configuration
        logPagesMax = configuration.checkpointPages
        self.identity = identity
        fence = shared.withLock { $0.fence }
        self.nanoseconds = nanoseconds
        self.shared = shared
    }

    /// Works until the queue is closed and empty.
    func run() {
        var expected = 0
        while true {
            let linger = Duration.nanoseconds(min(100_000, commitTime / 4))
            switch queue.next(
                expected: expected,
                linger: linger,
                idle: hasLog ? configuration.idleBeforeCheckpoint : nil
            ) {
            case .closed: return
            case .idle:
                hasLog = false
                checkpoint(isIdle: true)
            case .requests(let requests):
                perform(requests)
                // Counted before anybody is resumed: those who come back on top make the group whole again.
                expected = requests.count + queue.count
                answer(requests)
                if shared.withLock({ $0.logPages }) >= logPagesMax { checkpoint(isIdle: false) }
            }
        }
    }

    private func answer(_ requests: [WriteRequest]) {
        for request in requests {
            if request.answers.count < request.count {
                queue.requeue(request)
            } else {
                request.finish()
            }
        }
    }

    // MARK: - Transactions

    /// One unit that is written all or none.
    private struct Unit {
        let request: WriteRequest
        let index: Int
    }

    private func perform(_ requests: [WriteRequest]) {
        var units: [Unit] = []
        for request in requests {
            let done = request.answers.count
            var bytes = 0
            for index in done..<min(request.count, done + Writer.bulkBatches) {
                if case .batches(let batches, _) = request.work, requests.count == 1 { bytes += batches[index].bytes }
                if index > done, bytes > Writer.bulkBytes { break }
                units.append(Unit(request: request, index: index))
            }
        }
        perform(units[...])
    }

    /// Writes the units in one transaction. Where that fails, in two of half the size, down to the one unit that
    /// can't be written.
    private func perform(_ units: ArraySlice<Unit>) {
        guard let first = units.first else { return }
        if let failure = shared.withLock({ $0.failure }) {
            for unit in units { unit.request.answers.append(.failure(failure)) }
            return
        }
        switch transact(units) {
        case .committed(let answers):
            for (unit, answer) in zip(units, answers) { unit.request.answers.append(answer) }
        case .notBegun(let error):
            for unit in units { unit.request.answers.append(.failure(error.storeError)) }
        case .undone(let error):
            guard units.count > 1 else {
                first.request.answers.append(.failure(error.storeError))
                return
            }
            let middle = units.startIndex + units.count / 2
            perform(units[..<middle])
            perform(units[middle...])
        case .unknown(let error, let answers):
            fail(error)
            for (unit, answer) in zip(units, answers) { unit.request.answers.append(unknown(answer, error)) }
        }
    }

    private enum Outcome {
        case committed([WriteRequest.Answer])
        /// Whatever was to be written: another program holds the database, for one.
        case notBegun(EngineError)
        case undone(EngineError)
        case unknown(EngineError, [WriteRequest.Answer])
    }

    private func transact(_ units: ArraySlice<Unit>) -> Outcome {
        var transaction = BatchTransaction(on: connection, identity: identity, fence: fence)
        var answers: [WriteRequest.Answer] = []
        answers.reserveCapacity(units.count)
        do throws(EngineError) {
            try connection.run(.beginImmediate)
        } catch {
            return .notBegun(error)
        }
        do throws(EngineError) {
            for unit in units { answers.append(try transaction.perform(unit.request.work, unit: unit.index)) }
        } catch {
            rollBack()
            return .undone(error)
        }
        let begin = nanoseconds()
        do throws(EngineError) {
            try connection.run(.commit)
        } catch {
            rollBack()
            return error.leavesCommitUndone ? .undone(error) : .unknown(error, answers)
        }
        commitTime += (min(max(nanoseconds() &- begin, 0), 1_000_000_000) - commitTime) / 8
        hasLog = true
        if transaction.fence != fence {
            fence = transaction.fence
            shared.withLock { $0.fence = fence }
        }
        return .committed(answers)
    }

    private func rollBack() {
        guard connection.isInTransaction else { return }
        do throws(EngineError) {
            try connection.run(.rollback)
        } catch {
            // A connection that can't roll back must not write again: what it would commit is not known.
            fail(error)
        }
    }

    /// After a failure whose effect on the disk is not known nothing may be acknowledged any more: the system may
    /// take a flush for done that has failed. Opening anew reads what is there and writes it to the database again.
    func fail(_ error: EngineError) {
        shared.withLock { shared in
            shared.failure =
                shared.failure
                ?? StoreError(
                    .unavailable,
                    "The disk failed while the store was writing: check it, then close the store and open it again.",
                    error.storeError.metadata
                )
        }
    }

    private func unknown(_ answer: WriteRequest.Answer, _ error: EngineError) -> WriteRequest.Answer {
        guard case .success = answer else { return .failure(error.storeError) }
        return .failure(
            StoreError(
                .outcomeUnknown,
                "The disk failed while the batch was committed: open the store again and read what is there.",
                error.storeError.metadata
            )
        )
    }

    // MARK: - The log

    /// Has the number of pages in the log told after each commit. The writer has to live as long as its connection.
    func watchLog() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Writer>.fromOpaque(context).takeUnretainedValue().logChanged(Int(pages))
                return SQLITE_OK
            },
            context
        )
    }

    private func logChanged(_ pages: Int) {
        shared.withLock { shared in
            // It began anew: everything before is in the database.
            if pages < shared.logPages { logPagesMax = configuration.checkpointPages }
            shared.logPages = pages
        }
    }

    /// Moves the log into the database as far as readers allow. Called between two transactions only.
    private func checkpoint(isIdle: Bool) {
        guard shared.withLock({ $0.failure }) == nil else { return }
        let truncates = isIdle && DatabasePath.size(of: path + "-wal") > Writer.truncatedLogBytes
        logPagesMax = shared.withLock { $0.logPages } + configuration.checkpointPages
        checkpoint(truncates ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE)
    }

    private func checkpoint(_ mode: Int32) {
        // A reader that another program keeps must not keep the writer.
        sqlite3_busy_timeout(connection.handle, 0)
        defer { sqlite3_busy_timeout(connection.handle, 5_000) }
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, nil, nil)
        guard code != SQLITE_OK else { return }
        let error = connection.failure(code)
        if !error.leavesLogIntact { fail(error) }
    }

    /// The last act: the log goes into the database and its file away. Not after a failure, whose traces the next
    /// opening has to see.
    func finish() {
        guard shared.withLock({ $0.failure }) == nil else { return }
        checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
        if shared.withLock({ $0.failure }) == nil {
            _ = csqlite_configure(connection.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        }
    }
}
#endif
