#if SQLite
import CSQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

/// What a service does to a store, decided by a seed, and the order in which the store did it.
///
/// Batches from several tasks add one to the same counter and so learn their places in the store's order. That makes what may be there
/// after a power loss exact: the contents after some number of steps, and not fewer than were acknowledged.
struct Workload {
    struct Step: Sendable {
        let change: StoreContents.Change
        /// How long the record of events was before the step was handed to the store.
        let submitted: Int
        /// How long it was when the store had answered.
        let acknowledged: Int
    }

    static let counter = Key("workload", "batches")

    let system: ObservedFileSystem
    let path: String
    let configuration: SQLiteConfiguration
    let time: SimulatedTime
    var generator: SeededGenerator
    var store: SQLiteStore
    /// Reads in a transaction that stays open, so that the log can't be moved whole and does not begin anew.
    var lingering: RawDatabase?
    private(set) var steps: [Step] = []
    /// The contents after each number of steps.
    private(set) var states = [StoreContents()]
    /// The batch whose outcome nobody knows until the store is opened again.
    var doubtful: Step?

    init(seed: UInt64, synchronous: SQLiteConfiguration.Synchronous, path: String) async throws {
        system = ObservedFileSystem()
        self.path = path
        var configuration = SQLiteConfiguration(synchronous: synchronous, readersMax: 4)
        configuration.vfs = system.name
        // The log is moved after a few commits, and with an even seed whenever nothing waits to be written, too.
        configuration.checkpointPages = [10, 30, 90][Int(seed % 3)]
        configuration.idleBeforeCheckpoint = seed.isMultiple(of: 2) ? .zero : .seconds(3_600)
        // With some seeds there is not even memory for one transaction, so that it reaches the log in parts.
        if seed % 4 == 3 {
            configuration.writerCacheBytes = 16_384
            configuration.readerCacheBytes = 16_384
        }
        self.configuration = configuration
        time = SimulatedTime(seed: seed)
        generator = SeededGenerator(seed: seed)
        store = try await SQLiteStore.open(path: path, configuration: configuration, environment: time.environment)
        system.log(.syncDirectory)
    }

    /// Runs a workload in a directory of its own; with the role of a file, a flush of such a file fails every 15 rounds.
    static func run(
        seed: UInt64,
        synchronous: SQLiteConfiguration.Synchronous = .full,
        rounds: Int = 90,
        failingFlushesOf role: FileRole? = nil
    ) async throws -> Workload {
        let directory = try TemporaryDirectory()
        var workload = try await Workload(seed: seed, synchronous: synchronous, path: directory.file())
        for round in 1...rounds {
            try await workload.round()
            if let role, round.isMultiple(of: 15) { try await workload.failFlush(of: role) }
        }
        workload.lingering = nil
        try await workload.settle()
        await workload.store.close()
        return workload
    }

    private mutating func round() async throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<55: try await writeTogether((0..<Int.random(in: 1...5, using: &generator)).map { _ in batch() })
        case ..<67: try await writeEach()
        case ..<79: try await contend()
        case ..<85: try await raiseFence()
        case ..<91: try await clearMarks()
        case ..<96: try linger()
        default: try await reopen()
        }
    }

    // MARK: - Batches

    mutating func key() -> Key {
        let space: KeySpace = Int.random(in: 0..<8, using: &generator) == 0 ? .reservedData : .records
        let partition = "partition \(Int.random(in: 0..<3, using: &generator))"
        let number = Int.random(in: 0..<25, using: &generator)
        return Key(partition: Array(partition.utf8), bytes: Array("key \(number)".utf8), space: space)
    }

    private mutating func value() -> [UInt8] {
        let largest = [30, 300, 3_000, 12_000].randomElement(using: &generator) ?? 0
        return generator.bytes(Int.random(in: 0...largest, using: &generator))
    }

    mutating func batch(_ first: WriteBatch.Operation? = nil) -> WriteBatch {
        var keys = Set(first.map { [$0.key] } ?? [])
        var batch = batch(first, besides: &keys)
        batch.add(1, to: Workload.counter)
        return batch
    }

    /// A batch that names none of these keys, without its place in the order.
    private mutating func batch(_ first: WriteBatch.Operation?, besides keys: inout Set<Key>) -> WriteBatch {
        var batch = WriteBatch(first.map { [$0] } ?? [])
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let key = key()
            guard keys.insert(key).inserted else { continue }
            switch Int.random(in: 0..<10, using: &generator) {
            case ..<6: batch.put(value(), at: key)
            case 6: batch.put(value(), at: key, if: .absent)
            case 7: batch.bury(key)
            default: batch.delete(key)
            }
        }
        batch.id = WriteID(nonce: generator.next())
        if Int.random(in: 0..<3, using: &generator) == 0 {
            batch.mark = MarkID(high: generator.next(), low: generator.next())
        }
        if Bool.random(using: &generator) { batch.epoch = states[steps.count].fence.epoch }
        return batch
    }

    /// Writes batches from a task each, while another task reads.
    private mutating func writeTogether(_ batches: [WriteBatch]) async throws {
        let store = store
        let system = system
        let results = try await withThrowingTaskGroup(of: Placed?.self) { group in
            for batch in batches {
                group.addTask {
                    let submitted = system.position
                    do throws(StoreError) {
                        let receipt = try await store.write(batch)
                        return try Workload.placed(batch, receipt, submitted, system.position)
                    } catch {
                        guard error.code == .preconditionFailed else { throw error }
                        return nil
                    }
                }
            }
            group.addTask {
                _ = try await store.scan(.all(), ScanOptions(), after: nil)
                return nil
            }
            return try await group.reduce(into: [Placed]()) { results, result in
                if let result { results.append(result) }
            }
        }
        try append(results)
    }

    /// Writes batches with one call. No two may name the same key, the counter neither; this store applies them in
    /// their order.
    private mutating func writeEach() async throws {
        var keys: Set<Key> = []
        let batches = (0..<Int.random(in: 1...4, using: &generator)).map { _ in batch(nil, besides: &keys) }
        let submitted = system.position
        for (batch, result) in zip(batches, await store.write(each: batches)) {
            do throws(StoreError) {
                _ = try result.get()
                append(Step(change: .batch(batch), submitted: submitted, acknowledged: system.position))
            } catch {
                guard [.preconditionFailed, .invalidArgument].contains(error.code) else { throw error }
            }
        }
    }

    /// Several tasks compare and set the same row: one wins.
    private mutating func contend() async throws {
        let key = key()
        let entry = try await store.get(key, ReadOptions(includesTombstones: true))
        let precondition = entry.map { Precondition.revision($0.revision) } ?? .vacant
        var batches: [WriteBatch] = []
        for _ in 0..<3 {
            let action: WriteBatch.Action =
                entry != nil && Int.random(in: 0..<4, using: &generator) == 0 ? .bury : .put(value())
            batches.append(batch(WriteBatch.Operation(action, at: key, if: precondition)))
        }
        let before = steps.count
        try await writeTogether(batches)
        try #require(steps.count <= before + 1, "a compare-and-set was won twice")
    }

    private struct Placed: Sendable {
        let step: Step
        let place: Int64
    }

    private static func placed(
        _ batch: WriteBatch,
        _ receipt: WriteReceipt,
        _ submitted: Int,
        _ acknowledged: Int
    ) throws(StoreError) -> Placed {
        guard let place = receipt.outcomes.last?.sum else {
            throw StoreError(.corrupted, "The receipt of an addition has no sum.")
        }
        return Placed(step: Step(change: .batch(batch), submitted: submitted, acknowledged: acknowledged), place: place)
    }

    private mutating func append(_ results: [Placed]) throws {
        for result in results.sorted(by: { $0.place < $1.place }) {
            append(result.step)
            try #require(states[steps.count].number(at: Workload.counter) == result.place)
        }
    }

    mutating func append(_ step: Step) {
        var state = states[steps.count]
        state.apply(step.change)
        steps.append(step)
        states.append(state)
    }

    // MARK: - The rest

    private mutating func raiseFence() async throws {
        let bin = try #require(try await store.bins().first)
        let expected = states[steps.count].fence
        let fence = Fence(epoch: expected.epoch + 1, admission: .everyone)
        let before = system.position
        try await store.setFence(of: bin, to: fence, expecting: expected)
        append(Step(change: .fence(fence), submitted: before, acknowledged: system.position))
    }

    private mutating func clearMarks() async throws {
        let bin = try #require(try await store.bins().first)
        let ids = states[steps.count].marks.keys.sorted().prefix(Int.random(in: 1...5, using: &generator))
        let before = system.position
        try await store.clearMarks(Array(ids), in: bin)
        append(Step(change: .clearMarks(Array(ids)), submitted: before, acknowledged: system.position))
    }

    private mutating func linger() throws {
        guard lingering == nil else {
            lingering = nil
            return
        }
        let reader = try RawDatabase(path, vfs: system.name, flags: SQLITE_OPEN_READONLY)
        try reader.run("BEGIN")
        try reader.run("SELECT count(*) FROM records")
        lingering = reader
    }

    mutating func reopen() async throws(StoreError) {
        await store.close()
        store = try await SQLiteStore.open(path: path, configuration: configuration, environment: time.environment)
        system.log(.syncDirectory)
    }
}
#endif
