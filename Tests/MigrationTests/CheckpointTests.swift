import KeyValue
import Synchronization
import TestSupport
import Testing

@testable import Migration

@Suite struct CheckpointTests {
    let directory: TemporaryDirectory
    let time = SimulatedTime()

    init() throws { directory = try TemporaryDirectory() }

    /// A checkpoint behind every page.
    private func copy(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        restarts: Bool = false,
        _ options: CopyOptions = CopyOptions(writesInFlightMax: 3, writeRowsMax: 10)
    ) async throws -> (CopyReport, CopyBeginning) {
        let beginning = Mutex<CopyBeginning?>(nil)
        let checkpoints = CheckpointOptions(source: "test", restarts: restarts, interval: .zero) { began in
            beginning.withLock { $0 = began }
        }
        let report = try await Copier(to: target, options: options, environment: time.environment).copy(
            from: SmallPages(base: source, limit: 40),
            temporaryDirectory: directory.path,
            checkpoints: checkpoints
        )
        return (report, try #require(beginning.withLock { $0 }))
    }

    /// Fails for good after so many rows.
    private func failing(_ target: any KeyValueStore, after rows: Int) -> FaultInjectingStore {
        let left = Mutex(rows)
        return FaultInjectingStore(target, environment: time.environment) { call in
            guard call.operation == .writeEach else { return nil }
            let isOver = left.withLock { left in
                left -= call.items
                return left < 0
            }
            return isOver ? .refuse(StoreError(.full, "Planned.")) : nil
        }
    }

    private func checkpoints(in store: any KeyValueStore) async throws -> Int {
        try await store.scan(.all(in: .reservedLocal), ScanOptions(), after: nil).count
    }

    @Test(arguments: [MemoryProfile.reference, .partitionScope, .unordered], [MemoryProfile.reference, .unordered])
    func goesOnBehindWhatIsWritten(_ from: MemoryProfile, _ to: MemoryProfile) async throws {
        // Several pages of sorted rows.
        let rows = randomRows(4_500, seed: 31)
        let source = MemoryStore(from)
        try await fill(source, with: rows)
        let target = MemoryStore(to)
        var beginnings: [Int] = []
        for after in [1_300, 1_300, 1_300] {
            let error = await #expect(throws: StoreError.self) { try await copy(source, failing(target, after: after)) }
            #expect(error?.code == .full)
            #expect(try await checkpoints(in: target) == 1)
        }
        let (report, beginning) = try await copy(source, target)
        if case .behind(let rows) = beginning { beginnings.append(rows) }
        // Each of the three runs has left less than a page undone.
        #expect(beginnings == [report.resumed])
        #expect(report.resumed >= 3 * 1_024)
        #expect((report.read, report.failed) == (rows.count, 0))
        #expect(report.written + report.kept == rows.count)
        #expect(try await contents(target) == sorted(rows))
        #expect(try await checkpoints(in: target) == 0)
        let verified = try await Verifier(temporaryDirectory: directory.path).verify(source, against: target)
        #expect(verified.isEqual)
    }

    @Test func readsNothingTwice() async throws {
        let rows = randomRows(600, seed: 32)
        let source = MemoryStore()
        try await fill(source, with: rows)
        let target = MemoryStore()
        let first = Delivered(base: source)
        await #expect(throws: StoreError.self) { try await copy(first, failing(target, after: 300)) }
        let second = Delivered(base: source)
        let (report, _) = try await copy(second, target)
        #expect(report.resumed > 0)
        #expect(second.rows == rows.count - report.resumed)
    }

    /// Wherever a copy ends, at most half a second of its work is done again. Each page takes 20 ms here.
    @Test func losesLittleWork() async throws {
        let rows = randomRows(3_000, seed: 36)
        let source = MemoryStore()
        try await fill(source, with: rows)
        for end in stride(from: 800, to: 3_000, by: 210) {
            let paged = TimedPages(base: SmallPages(base: source, limit: 40), time: time)
            let target = MemoryStore()
            let options = CopyOptions(writesInFlightMax: 3, writeRowsMax: 10)
            let copier = Copier(to: failing(target, after: end), options: options, environment: time.environment)
            await #expect(throws: StoreError.self) {
                let checkpoints = CheckpointOptions(source: "test")
                _ = try await copier.copy(from: paged, temporaryDirectory: directory.path, checkpoints: checkpoints)
            }
            let ended = time.now
            let (report, _) = try await copy(source, target)
            #expect(report.resumed > 0)
            let done = try #require(paged.times.last { $0.rows <= report.resumed }).at
            #expect(ended - done <= .milliseconds(500))
            #expect(try await contents(target) == sorted(rows))
        }
    }

    @Test func putsNoCheckpointBeforeWhatIsUnderWay() async throws {
        let rows = sorted(randomRows(300, seed: 33, spaces: [.records])).map { Row(key: $0.key, value: [1]) }
        let source = MemoryStore()
        try await fill(source, with: rows)
        let target = MemoryStore()
        // The second chunk never gets through, while those behind it do.
        let stuck = rows[15].key
        let faulty = FaultInjectingStore(target, environment: time.environment) { _ in nil }
        let blocking = BlockingStore(base: faulty, key: stuck)
        await #expect(throws: StoreError.self) { try await copy(source, blocking) }
        #expect(try await checkpoints(in: target) == 0)
        let (report, beginning) = try await copy(source, target)
        #expect(beginning == .first)
        #expect(report.resumed == 0)
        #expect(try await contents(target) == rows)
    }

    @Test func beginsAnewWhereTheCheckpointIsOfNoUse() async throws {
        let rows = sorted(randomRows(400, seed: 34, spaces: [.records])).map { Row(key: $0.key, value: [1]) }
        func interrupted() async throws -> (MemoryStore, MemoryStore, Key) {
            let (source, target) = (MemoryStore(), MemoryStore())
            try await fill(source, with: rows)
            await #expect(throws: StoreError.self) { try await copy(source, failing(target, after: 250)) }
            let page = try await target.scan(.all(in: .reservedLocal), ScanOptions(), after: nil)
            let row = try #require(page.first)
            return (source, target, try #require(Checkpoint(encoded: Array(row.value))).last)
        }

        var (source, target, last) = try await interrupted()
        try await source.put([9], at: last)
        #expect(try await copy(source, target).1 == .anew(.sourceChanged))

        (source, target, last) = try await interrupted()
        try await target.delete(last)
        #expect(try await copy(source, target).1 == .anew(.targetChanged))
        #expect(try await contents(target) == rows)

        (source, target, _) = try await interrupted()
        #expect(try await copy(source, target, CopyOptions(onExisting: .replace)).1 == .anew(.otherOptions))

        (source, target, _) = try await interrupted()
        let (report, beginning) = try await copy(source, target, restarts: true)
        #expect(beginning == .first)
        #expect((report.read, report.resumed) == (rows.count, 0))

        (source, target, _) = try await interrupted()
        let key = try #require(try await target.scan(.all(in: .reservedLocal), ScanOptions(), after: nil).first).key
        for value: [UInt8] in [[], [1], [2, 0], Array(repeating: 255, count: 100)] {
            try await target.put(value, at: key)
            #expect(try await copy(source, target).1 == .anew(.unknownFormat))
        }
        #expect(try await checkpoints(in: target) == 0)
    }

    private func copy(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        _ options: CopyOptions
    ) async throws -> (CopyReport, CopyBeginning) { try await copy(source, target, restarts: false, options) }

    @Test func isWrittenUnderTheFence() async throws {
        let source = MemoryStore()
        try await fill(source, with: randomRows(200, seed: 35))
        let target = MemoryStore()
        let bin = try #require(try await target.bins().first)
        try await target.setFence(of: bin, to: Fence(epoch: 2, admission: .epochOnly), expecting: .open)
        let refused = await #expect(throws: StoreError.self) { try await copy(source, target) }
        #expect(refused?.code == .staleMode)
        let (report, _) = try await copy(source, target, CopyOptions(epoch: 2))
        #expect(report.written == 200)
        #expect(try await checkpoints(in: target) == 0)
    }

    @Test(arguments: [
        Checkpoint.Place.cursor(StorePlace(space: .records, cursor: Cursor(bytes: [1, 2, 3]))),
        .cursor(StorePlace(space: .reservedData, cursor: nil)), .key(Key("p", "k", space: .reservedData)),
    ])
    func isReadBackAndNothingElseIs(place: Checkpoint.Place) throws {
        let report = CopyReport(read: 10, written: 7, kept: 2, failed: 1, bytesWritten: 1_234)
        let checkpoint = Checkpoint(options: 3, place: place, last: Key("p", "k"), lastHash: .max - 5, report: report)
        let bytes = checkpoint.encoded
        let read = try #require(Checkpoint(encoded: bytes))
        #expect(read.encoded == bytes)
        #expect((read.place, read.last, read.lastHash) == (place, checkpoint.last, checkpoint.lastHash))
        #expect((read.report.read, read.report.written, read.report.bytesWritten) == (10, 7, 1_234))
        for count in 0..<bytes.count { #expect(Checkpoint(encoded: Array(bytes[..<count])) == nil) }
        #expect(Checkpoint(encoded: bytes + [0]) == nil)
        // Numbers that do not add up, or leave no room to count on.
        for (read, written) in [(10, 8), (1 << 60, 1 << 60), (Int.max, Int.max)] {
            var wrong = checkpoint
            wrong.report = CopyReport(read: read, written: written, kept: 0, failed: 0, bytesWritten: 0)
            #expect(Checkpoint(encoded: wrong.encoded) == nil)
        }
    }
}

/// Delivers small pages.
private struct SmallPages: PassingStore {
    let base: any KeyValueStore
    let limit: Int

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        var options = options
        options.limit = min(limit, options.limit)
        return try await base.scan(range, options, after: cursor)
    }
}

/// Takes 20 ms a page, and notes how many rows it had delivered when.
private final class TimedPages: PassingStore {
    let base: any KeyValueStore
    private let time: SimulatedTime
    private let noted = Mutex<[(rows: Int, at: Duration)]>([])

    init(base: any KeyValueStore, time: SimulatedTime) {
        self.base = base
        self.time = time
    }

    var times: [(rows: Int, at: Duration)] { noted.withLock { $0 } }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        let page = try await base.scan(range, options, after: cursor)
        time.advance(by: .milliseconds(20))
        noted.withLock { $0.append((($0.last?.rows ?? 0) + page.count, time.now)) }
        return page
    }
}

/// Counts the rows that its scans deliver.
private struct Delivered: PassingStore {
    private final class Count: Sendable { let rows = Mutex(0) }

    let base: any KeyValueStore
    private let count = Count()

    init(base: any KeyValueStore) { self.base = base }

    var rows: Int { count.rows.withLock { $0 } }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        let page = try await base.scan(range, options, after: cursor)
        count.rows.withLock { $0 += page.count }
        return page
    }
}

/// Fails a call that writes one key, after the calls beside it.
private struct BlockingStore: PassingStore {
    let base: any KeyValueStore
    let key: Key

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        guard batches.contains(where: { $0.operations.contains { $0.key == key } }) else {
            return await base.write(each: batches)
        }
        for _ in 0..<100 { await Task.yield() }
        return batches.map { _ in .failure(StoreError(.full, "Planned.")) }
    }
}
