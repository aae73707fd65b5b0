import KeyValue
import Synchronization
import TestSupport

/// A client's way to the store of a simulated world: every call waits for its turn, and may go wrong.
final class SimulatedClient: KeyValueStore {
    private let world: SimulatedWorld
    private let number: Int
    private let isDead = Mutex(false)

    init(_ number: Int, in world: SimulatedWorld) {
        self.number = number
        self.world = world
    }

    var system: String { "simulated" }
    var capabilities: Capabilities { world.capabilities }

    private func turn() async throws(StoreError) {
        guard !isDead.withLock({ $0 }) else { throw .cancelled }
        await world.turns.turn(of: number)
    }

    /// From now on the client does nothing any more.
    private func die() throws(StoreError) -> Never {
        isDead.withLock { $0 = true }
        throw .cancelled
    }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        var found: [Entry?] = []
        for key in keys {
            try await turn()
            found.append(try await world.base.get(key, options))
        }
        return found
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let sent = world.nanoseconds
        try await turn()
        guard world.arrives(sentAt: sent) else { throw StoreError(.timedOut, "There was no answer in time.") }
        guard world.isUnlucky() else { return try await world.apply(batch, by: number).get() }
        var batch = batch
        batch.id = world.environment.makeWriteID()
        let lost = StoreError(.outcomeUnknown, "The connection broke before the reply.")
        switch world.random(below: world.weather.isLate ? 6 : 4) {
        case 0: try die()
        case 1:
            _ = await world.apply(batch, by: number)
            try die()
        case 2: throw lost
        case 3:
            _ = try await world.apply(batch, by: number).get()
            throw lost
        case 4:
            world.delay(batch)
            try die()
        default:
            world.delay(batch)
            throw lost
        }
    }

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results = batches.map { _ in Result<WriteReceipt, StoreError>.failure(.cancelled) }
        var order = Array(batches.indices)
        for index in order.indices.dropFirst() { order.swapAt(index, world.random(below: index + 1)) }
        for index in order {
            do throws(StoreError) {
                results[index] = .success(try await write(batches[index]))
            } catch {
                results[index] = .failure(error)
            }
        }
        return results
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try await turn()
        var options = options
        options.limit = min(options.limit, 3)
        return try await world.base.scan(range, options, after: cursor)
    }

    func partitions(in space: KeySpace, limit: Int, after cursor: Cursor?) async throws(StoreError) -> PartitionPage {
        try await turn()
        return try await world.base.partitions(in: space, limit: limit, after: cursor)
    }

    func bins() async throws(StoreError) -> [Bin] { try await world.base.bins() }
    func fence(of bin: Bin) async throws(StoreError) -> Fence { try await world.base.fence(of: bin) }

    func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try await world.base.setFence(of: bin, to: fence, expecting: expected)
    }

    func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try await world.base.marks(in: bin, limit: limit, after: cursor)
    }

    func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try await world.base.clearMarks(ids, in: bin)
    }

    func status() async throws(StoreError) -> StoreStatus { try await world.base.status() }
    func close() async {}
}
