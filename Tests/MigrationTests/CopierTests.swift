import KeyValue
import Synchronization
import TestSupport
import Testing

@testable import Migration

@Suite struct CopierTests {
    let directory: TemporaryDirectory
    let time = SimulatedTime()

    init() throws { directory = try TemporaryDirectory() }

    private func copy(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        _ options: CopyOptions = CopyOptions()
    ) async throws -> CopyReport {
        try await Copier(to: target, options: options, environment: time.environment)
            .copy(from: source, temporaryDirectory: directory.path)
    }

    private func verify(_ source: any KeyValueStore, _ target: any KeyValueStore) async throws -> VerifyReport {
        try await settle(target)
        return try await Verifier(temporaryDirectory: directory.path, environment: time.environment)
            .verify(source, against: target)
    }

    @Test(arguments: MemoryProfile.all, MemoryProfile.all)
    func carriesEverythingBetweenAnyTwo(_ from: MemoryProfile, _ to: MemoryProfile) async throws {
        let source = MemoryStore(from)
        let target = MemoryStore(to)
        let rows = randomRows(300, seed: 5)
        try await fill(source, with: rows + [Row(key: Key("here", "only", space: .reservedLocal), value: [1])])

        guard to.capabilities.conditionalWrite else {
            let error = await #expect(throws: StoreError.self) { try await copy(source, target) }
            #expect(error?.code == .unsupported)
            let report = try await copy(source, target, CopyOptions(onExisting: .replace))
            #expect(report.written == rows.count)
            #expect(try await contents(target) == sorted(rows))
            return
        }
        let report = try await copy(source, target, CopyOptions(writeRowsMax: 7))
        #expect(report.read == rows.count)
        #expect(report.written == rows.count)
        #expect(report.bytesWritten == rows.reduce(0) { $0 + $1.byteCount })
        #expect(try await contents(target) == sorted(rows))
        let local = try await target.get(Key("here", "only", space: .reservedLocal))
        #expect(local == nil)

        let result = try await verify(source, target)
        #expect(result.isEqual)
        #expect(result.source.records == rows.filter { !$0.isTombstone }.count)

        let again = try await copy(source, target)
        #expect(again.kept == rows.count)
        #expect(again.written == 0)
    }

    @Test func leavesTombstonesOutWhenAsked() async throws {
        let source = MemoryStore()
        let target = MemoryStore()
        let rows = randomRows(100, seed: 6)
        try await fill(source, with: rows)
        let report = try await copy(source, target, CopyOptions(includesTombstones: false))
        let live = rows.filter { !$0.isTombstone }
        #expect(report.read == live.count)
        #expect(try await contents(target) == sorted(live))
        #expect(try await verify(source, target).isEqual)
    }

    @Test func treatsExistingRowsByPolicy() async throws {
        let source = MemoryStore()
        try await fill(source, with: [Row(key: Key("p", "a"), value: [1]), Row(key: Key("p", "b"), value: [2])])
        let existing = Row(key: Key("p", "b"), value: [], isTombstone: true)

        let keeping = MemoryStore()
        try await fill(keeping, with: [existing])
        let kept = try await copy(source, keeping)
        #expect((kept.written, kept.kept) == (1, 1))
        #expect(try await contents(keeping)[1] == existing)

        let replacing = MemoryStore()
        try await fill(replacing, with: [existing])
        let replaced = try await copy(source, replacing, CopyOptions(onExisting: .replace))
        #expect((replaced.written, replaced.kept) == (2, 0))
        #expect(try await contents(replacing)[1].value == [2])

        let failing = MemoryStore()
        try await fill(failing, with: [existing])
        let error = await #expect(throws: StoreError.self) {
            try await copy(source, failing, CopyOptions(onExisting: .fail))
        }
        #expect(error?.code == .preconditionFailed)
        #expect(error?.metadata["key"] == "p/b")
        #expect(try await contents(failing) == [existing])
        let other = Row(key: Key("p", "c"), value: [3])
        let free = MemoryStore()
        try await fill(free, with: [other])
        #expect(try await copy(source, free, CopyOptions(onExisting: .fail)).written == 2)
    }

    @Test func listsWhatTheTargetCanNotTake() async throws {
        let source = MemoryStore()
        let limits = Limits.portable
        let fits = [
            Row(key: Key("p", "ok"), value: Array(repeating: 1, count: limits.valueBytesMax)),
            Row(key: Key(partition: Array(repeating: 65, count: limits.partitionBytesMax), bytes: [1]), value: []),
        ]
        let beyond = [
            Row(key: Key("p", "value"), value: Array(repeating: 1, count: limits.valueBytesMax + 1)),
            Row(key: Key(partition: [1], bytes: Array(repeating: 65, count: limits.keyBytesMax + 1)), value: []),
            Row(key: Key(partition: Array(repeating: 65, count: limits.partitionBytesMax + 1), bytes: [1]), value: []),
        ]
        try await fill(source, with: fits + beyond)
        let target = MemoryStore(.smallLimits)
        let report = try await copy(source, target, CopyOptions(failuresListedMax: 2))
        #expect((report.read, report.written, report.failed) == (5, 2, 3))
        #expect(report.failures.count == 2)
        #expect(report.failures.allSatisfy { $0.error.code == .tooLarge })
        #expect(try await contents(target) == sorted(fits))
    }

    @Test(arguments: [CopyOptions.Existing.keep, .replace, .fail])
    func goesOnAfterFaults(existing: CopyOptions.Existing) async throws {
        let source = MemoryStore(.unordered)
        let rows = randomRows(400, seed: 8)
        try await fill(source, with: rows)
        let target = MemoryStore()
        let plan = FaultPlan(seed: 3, share: 0.3)
        let report = try await copy(
            FaultInjectingStore(source, environment: time.environment, plan: plan.next),
            FaultInjectingStore(EachByEach(base: target), environment: time.environment, plan: plan.next),
            CopyOptions(onExisting: existing, writeRowsMax: 20, retries: RetryPolicy(attemptsMax: 50))
        )
        #expect(report.written == rows.count)
        #expect(report.kept == 0)
        #expect(try await contents(target) == sorted(rows))
        #expect(!time.slept.isEmpty)
    }

    @Test func endsWhenTryingAgainDoesNotHelp() async throws {
        let source = MemoryStore()
        try await fill(source, with: randomRows(50, seed: 9))
        for code in [StoreError.Code.unavailable, .full, .permissionDenied, .readOnly] {
            let target = FaultInjectingStore(MemoryStore(), environment: time.environment) { call in
                call.changesStore ? .refuse(StoreError(code, "Planned.")) : nil
            }
            let error = await #expect(throws: StoreError.self) { try await copy(source, target) }
            #expect(error?.code == code)
        }
    }

    @Test func refusesATargetThatIsFencedOff() async throws {
        let source = MemoryStore()
        try await fill(source, with: randomRows(5, seed: 10))
        let fenced = MemoryStore(.partitionScope)
        let bin = try #require(try await fenced.bins().last)
        try await fenced.setFence(of: bin, to: Fence(epoch: 3, admission: .epochOnly), expecting: .open)
        let stale = await #expect(throws: StoreError.self) { try await copy(source, fenced) }
        #expect(stale?.code == .staleMode)

        let moved = MemoryStore()
        let only = try #require(try await moved.bins().first)
        try await moved.setFence(of: only, to: Fence(epoch: 1, admission: .movedAway(to: "new")), expecting: .open)
        let away = await #expect(throws: StoreError.self) { try await copy(source, moved) }
        #expect(away?.code == .movedAway)
        #expect(away?.metadata["to"] == "new")
    }

    @Test func writesUnderItsEpoch() async throws {
        let source = MemoryStore()
        let rows = randomRows(20, seed: 11)
        try await fill(source, with: rows)
        let target = MemoryStore()
        let bin = try #require(try await target.bins().first)
        try await target.setFence(of: bin, to: Fence(epoch: 3, admission: .epochOnly), expecting: .open)
        let report = try await copy(source, target, CopyOptions(epoch: 3))
        #expect(report.written == rows.count)
    }

    @Test func stopsWhenCancelledAndCanBeFinished() async throws {
        let source = MemoryStore()
        let rows = randomRows(3_000, seed: 12)
        try await fill(source, with: rows)
        let target = MemoryStore()
        let (path, environment) = (directory.path, time.environment)
        let task = Task {
            let options = CopyOptions(writesInFlightMax: 1, writeRowsMax: 100)
            return try await Copier(to: target, options: options, environment: environment) { progress in
                if progress.records >= 500 { withUnsafeCurrentTask { $0?.cancel() } }
            }.copy(from: source, temporaryDirectory: path)
        }
        let error = await #expect(throws: StoreError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        let count = try await contents(target).count
        #expect(count >= 500 && count <= 800)

        let report = try await copy(source, target)
        #expect((report.kept, report.written) == (count, rows.count - count))
        #expect(try await verify(source, target).isEqual)
    }

    @Test func tellsHowFarItIs() async throws {
        let source = MemoryStore(.unordered)
        let rows = randomRows(1_500, seed: 13)
        try await fill(source, with: rows)
        let seen = Mutex<[Progress]>([])
        _ = try await Copier(to: MemoryStore(), environment: time.environment) { progress in
            seen.withLock { $0.append(progress) }
        }.copy(from: source, temporaryDirectory: directory.path)
        let all = seen.withLock { $0 }
        #expect(all.last(where: { $0.phase == .sorting })?.records == rows.count)
        #expect(all.last?.phase == .writing)
        #expect(all.last?.records == rows.count)
        #expect(all.last?.bytes == rows.reduce(0) { $0 + $1.byteCount })
        let writing = all.filter { $0.phase == .writing }.map(\.records)
        #expect(writing == writing.sorted())
    }

    @Test func holdsFewRowsAtATime() async throws {
        let source = MemoryStore()
        try await fill(source, with: randomRows(2_000, seed: 14))
        let gauge = Gauge()
        let target = GaugedStore(base: MemoryStore(), gauge: gauge)
        _ = try await copy(source, target, CopyOptions(writesInFlightMax: 3, writeRowsMax: 50))
        #expect(gauge.calls == 40)
        #expect(gauge.rowsMax <= 150)
    }
}

/// Faults drawn from a seed, for reads and writes alike.
final class FaultPlan: Sendable {
    private let generator: Mutex<SeededGenerator>
    private let share: Double

    init(seed: UInt64, share: Double) {
        generator = Mutex(SeededGenerator(seed: seed))
        self.share = share
    }

    var next: @Sendable (StoreCall) -> FaultInjectingStore.Fault? {
        { _ in
            self.generator.withLock { generator in
                guard Double.random(in: 0..<1, using: &generator) < self.share else { return nil }
                return switch Int.random(in: 0..<4, using: &generator) {
                case 0: .loseReply
                case 1: .loseRequest
                case 2: .refuse(StoreError(.throttled, "Planned.", retryAfter: .milliseconds(10)))
                default: .refuse(StoreError(.unavailable, "Planned."))
                }
            }
        }
    }
}

/// Passes every call on as it is.
struct EachByEach: PassingStore {
    let base: any KeyValueStore
}

/// How many rows are on their way to a store.
final class Gauge: Sendable {
    private let state = Mutex((rows: 0, rowsMax: 0, calls: 0))

    var rowsMax: Int { state.withLock { $0.rowsMax } }
    var calls: Int { state.withLock { $0.calls } }

    func enter(_ rows: Int) {
        state.withLock { state in
            state.calls += 1
            state.rows += rows
            state.rowsMax = max(state.rowsMax, state.rows)
        }
    }

    func leave(_ rows: Int) { state.withLock { $0.rows -= rows } }
}

struct GaugedStore: StoreDecorator {
    let base: any KeyValueStore
    let gauge: Gauge

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        guard call.operation == .writeEach else { return try await body() }
        gauge.enter(call.items)
        defer { gauge.leave(call.items) }
        await Task.yield()
        return try await body()
    }
}

@Suite struct ChunkBuilderTests {
    private func row(_ index: Int, bytes: Int) -> Row {
        Row(key: Key("p", "\(index)"), value: Array(repeating: 0, count: bytes))
    }

    private func chunks(_ rows: [Row], _ limits: Limits, rowsMax: Int) -> [[Row]] {
        var builder = ChunkBuilder(for: limits, rowsMax: rowsMax)
        var chunks = rows.compactMap { builder.append($0) }
        if let last = builder.finish() { chunks.append(last) }
        #expect(builder.finish() == nil)
        #expect(chunks.flatMap { $0 } == rows)
        return chunks
    }

    @Test func keepsToWhatACallTakes() {
        let rows = (0..<100).map { row($0, bytes: 1) }
        #expect(chunks(rows, .portable, rowsMax: 30).map(\.count) == [30, 30, 30, 10])
        // Rows are batches of their own, so that a store with small ones gets many of them all the same.
        let many = (0..<2_500).map { row($0, bytes: 1) }
        #expect(chunks(many, .portable, rowsMax: 4_096).map(\.count) == [1_000, 1_000, 500])
        var limits = Limits.portable
        limits.batchOperationsMax = 2_000
        #expect(chunks(many, limits, rowsMax: 4_096).map(\.count) == [2_000, 500])
        #expect(chunks([], .portable, rowsMax: 30).isEmpty)
    }

    @Test func keepsToItsBytes() {
        var limits = Limits.portable
        limits.batchBytesMax = 1_000
        let sizes = [400, 400, 400, 990, 1, 1]
        let rows = sizes.enumerated().map { row($0.offset, bytes: $0.element) }
        #expect(chunks(rows, limits, rowsMax: 100).map { $0.map(\.value.count) } == [[400, 400], [400], [990, 1, 1]])
    }
}
