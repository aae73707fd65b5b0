#if SQLite
import CSQLite
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

/// A writer that a test drives by hand.
@Suite struct GroupTests {
    private struct Bench {
        let directory: TemporaryDirectory
        let connection: Connection
        let queue = WriteQueue()
        let shared = WriterState(fence: .open)
        let writer: Writer

        init() async throws {
            directory = try TemporaryDirectory()
            await (try SQLiteStore.open(path: directory.file())).close()
            connection = try Connection(path: directory.file(), role: .writer, configuration: SQLiteConfiguration())
            writer = Writer(
                connection: connection,
                queue: queue,
                path: directory.file(),
                configuration: SQLiteConfiguration(),
                identity: StoreIdentity(nonce: 1),
                shared: shared,
                nanoseconds: { 0 }
            )
            writer.watchLog()
        }

        /// Puts all of them in line, then lets the writer take them.
        func answers(_ works: [WriteRequest.Work]) async -> [[WriteRequest.Answer]] {
            let requests = works.map { WriteRequest($0) }
            let queue = queue
            await withDiscardingTaskGroup { group in
                for (index, request) in requests.enumerated() {
                    group.addTask { await withUnsafeContinuation { queue.enqueue(request, $0) } }
                    while queue.count <= index { await Task.yield() }
                }
                queue.close()
                writer.run()
            }
            return requests.map(\.answers)
        }

        func keys() throws -> [String] {
            try RawDatabase(directory.file()).run("SELECT CAST(k AS TEXT) FROM records ORDER BY k").map { $0[0] }
        }
    }

    private func put(_ key: String, bytes: Int = 1, if precondition: Precondition? = nil) -> WriteRequest.Work {
        let batch = WriteBatch([
            .init(.put(Array(repeating: 1, count: bytes)), at: Key("p", key), if: precondition)
        ])
        return .batches([batch], [WriteID(nonce: 7)])
    }

    private func codes(_ answers: [[WriteRequest.Answer]]) -> [StoreError.Code?] {
        answers.joined().map { answer in if case .failure(let error) = answer { error.code } else { nil } }
    }

    @Test func writesWhatWaitsInOneTransaction() async throws {
        let bench = try await Bench()
        let answers = await bench.answers((0..<100).map { put("\($0)") })
        #expect(codes(answers) == Array(repeating: nil, count: 100))
        #expect(try bench.keys().count == 100)
        // One commit writes each page it changed once: of 100 commits each would have written its own.
        #expect(bench.shared.withLock { $0.logPages } < 10)
    }

    @Test func aRefusedBatchLeavesTheOthersOfItsTransactionAlone() async throws {
        let bench = try await Bench()
        let torn = WriteBatch([
            .init(.put([1]), at: Key("p", "torn")), .init(.check, at: Key("p", "a"), if: .vacant),
            .init(.put([1]), at: Key("p", "torn too")),
        ])
        let answers = await bench.answers([
            put("a"), .batches([torn], [WriteID(nonce: 1)]), put("a", if: .absent), put("b", if: .absent),
        ])
        #expect(codes(answers) == [nil, .preconditionFailed, .preconditionFailed, nil])
        #expect(try bench.keys() == ["a", "b"])
    }

    @Test func onlyTheOneThatDoesNotFitFails() async throws {
        let bench = try await Bench()
        try bench.connection.execute("PRAGMA max_page_count = 60")
        let works = (0..<20).map { $0 == 13 ? put("large", bytes: 500_000) : put("\($0)") }
        let answers = await bench.answers(works)
        #expect(codes(answers) == (0..<20).map { $0 == 13 ? .full : nil })
        #expect(try bench.keys().count == 19)
    }

    @Test func aFenceCountsFromItsPlaceInLine() async throws {
        let bench = try await Bench()
        let fence = Fence(epoch: 1, admission: .epochOnly)
        let answers = await bench.answers([
            put("before"), .fence(fence, expecting: .open), put("after"), .fence(.open, expecting: .open),
        ])
        #expect(codes(answers) == [nil, nil, .staleMode, .staleMode])
        #expect(bench.shared.withLock { $0.fence } == fence)
        #expect(try bench.keys() == ["before"])
    }

    @Test func aFenceThatIsRolledBackDoesNotCount() async throws {
        let bench = try await Bench()
        try bench.connection.execute("PRAGMA max_page_count = 60")
        // The whole group fails for the large one, and is done again in parts.
        let fence = Fence(epoch: 1, admission: .movedAway(to: "new"))
        let answers = await bench.answers([put("large", bytes: 500_000), put("a"), .fence(fence, expecting: .open)])
        #expect(codes(answers) == [.full, nil, nil])
        #expect(bench.shared.withLock { $0.fence } == fence)
        #expect(try bench.keys() == ["a"])
    }

    @Test func aLongRequestTakesSeveralTransactionsAndLetsOthersBetween() async throws {
        let bench = try await Bench()
        let batches = (0..<25_000).map { WriteBatch([.init(.put([1]), at: Key("p", "long \($0)"))]) }
        let between = WriteBatch([
            .init(.put([1]), at: Key("p", "between")), .init(.check, at: Key("p", "long 0"), if: .exists),
            .init(.check, at: Key("p", "long 24999"), if: .vacant),
        ])
        let answers = await bench.answers([
            .batches(batches, batches.map { _ in WriteID(nonce: 1) }), .batches([between], [WriteID(nonce: 2)]),
        ])
        #expect(codes(answers).allSatisfy { $0 == nil })
        #expect(answers[0].count == 25_000)
        #expect(try bench.keys().count == 25_001)
    }

    @Test func waitsForAnotherProgramOnceForAll() async throws {
        let bench = try await Bench()
        let raw = try RawDatabase(bench.directory.file())
        try raw.run("BEGIN IMMEDIATE")
        let counter = Ticks(step: 1)
        sqlite3_busy_handler(
            bench.connection.handle,
            { counter, _ in
                if let counter { _ = Unmanaged<Ticks>.fromOpaque(counter).takeUnretainedValue().next() }
                return 0
            },
            Unmanaged.passUnretained(counter).toOpaque()
        )
        let answers = await bench.answers((0..<20).map { put("\($0)") })
        #expect(codes(answers) == Array(repeating: .locked, count: 20))
        #expect(counter.next() == 2)
        try raw.run("ROLLBACK")
        #expect(try bench.keys().isEmpty)
    }

    @Test func whatIsLeftOfALongRequestCanBeWithdrawn() async throws {
        let bench = try await Bench()
        let batches = (0..<12_000).map { WriteBatch([.init(.put([1]), at: Key("p", "\($0)"))]) }
        let request = WriteRequest(.batches(batches, batches.map { _ in WriteID(nonce: 1) }))
        request.place = .writer
        request.answers = Array(repeating: .success(WriteReceipt([])), count: 10_000)
        bench.queue.withdraw(request)
        #expect(request.answers.count == 10_000)
        bench.queue.requeue(request)
        #expect(bench.queue.count == 0)
        #expect(
            codes([request.answers]) == Array(repeating: nil, count: 10_000)
                + Array(repeating: .cancelled, count: 2_000)
        )
    }

    @Test func aFailedFlushEndsAllWriting() async throws {
        let bench = try await Bench()
        let error = EngineError(code: SQLITE_IOERR | (4 << 8), connection: nil)
        #expect(!error.leavesCommitUndone)
        bench.writer.fail(error)
        let answers = await bench.answers([put("a"), .fence(Fence(epoch: 1, admission: .everyone), expecting: .open)])
        #expect(codes(answers) == [.unavailable, .unavailable])
        #expect(try bench.keys().isEmpty)
    }

    @Test func errorsOfTheEngineAreMappedPrecisely() {
        let codes: [(Int32, StoreError.Code)] = [
            (SQLITE_FULL, .full), (SQLITE_READONLY, .readOnly), (SQLITE_READONLY | (1 << 8), .readOnly),
            (SQLITE_CORRUPT, .corrupted), (SQLITE_NOTADB, .corrupted), (SQLITE_BUSY, .locked), (SQLITE_LOCKED, .locked),
            (SQLITE_BUSY | (2 << 8), .locked), (SQLITE_PERM, .permissionDenied), (SQLITE_AUTH, .permissionDenied),
            (SQLITE_CANTOPEN, .unavailable), (SQLITE_IOERR, .unavailable), (SQLITE_IOERR | (4 << 8), .unavailable),
            (SQLITE_IOERR | (33 << 8), .corrupted), (SQLITE_TOOBIG, .tooLarge), (SQLITE_NOMEM, .unavailable),
        ]
        for (code, expected) in codes {
            let error = EngineError(code: code, connection: nil).storeError
            #expect(error.code == expected)
            #expect(error.metadata["code"] == "\(code)")
        }
    }
}
#endif
