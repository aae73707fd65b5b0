import KeyValue
import Synchronization
import TestSupport

@testable import Migration

/// What everybody in a simulated migration shares: the stores below, one clock, chance, and writes that are still on
/// their way. One task runs at a time, so that a seed repeats a run.
final class LiveWorld: Sendable {
    /// Which task of the simulation this is.
    @TaskLocal static var actor = 0

    private struct State {
        var generator: SeededGenerator
        var now: Duration = .zero
        var faults: Int
        var plantsLeft: Int
        var late: [(store: MemoryStore, batch: WriteBatch)] = []
    }

    let turns = Turns()
    let source: MemoryStore
    let target: MemoryStore
    let control: MemoryStore
    private let state: Mutex<State>

    /// - Parameters:
    ///   - faults: how many calls of a thousand go wrong in some way.
    ///   - plants: how many acknowledged writes of clients are lost, which must be found out.
    ///   - profiles: what kinds of stores source and target are.
    init(
        seed: UInt64,
        faults: Int,
        plants: Int,
        profiles: (source: MemoryProfile, target: MemoryProfile) = (.reference, .reference)
    ) {
        let environment = SimulatedTime(seed: seed ^ 0x5eed).environment
        source = MemoryStore(profiles.source, environment: environment)
        target = MemoryStore(profiles.target, environment: environment)
        control = MemoryStore(.reference, environment: environment)
        state = Mutex(State(generator: SeededGenerator(seed: seed), faults: faults, plantsLeft: plants))
    }

    /// Chance, and time that moves when somebody sleeps or the weather wants it to.
    var environment: StoreEnvironment {
        StoreEnvironment(
            random: { self.state.withLock { $0.generator.next() } },
            nanoseconds: { self.state.withLock { Int64($0.now / .nanoseconds(1)) } },
            sleep: { await self.pause($0) }
        )
    }

    /// Lets others go on, and time pass.
    func pause(_ duration: Duration) async {
        await turns.turn(of: LiveWorld.actor)
        advance(by: duration)
    }

    func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    func random(below bound: Int) -> Int { state.withLock { Int.random(in: 0..<bound, using: &$0.generator) } }

    func isUnlucky() -> Bool {
        state.withLock { state in Int.random(in: 0..<1_000, using: &state.generator) < state.faults }
    }

    func clearUp() { state.withLock { $0.faults = 0 } }

    /// Whether this write is to be lost although it is acknowledged.
    func isPlanted(_ batch: WriteBatch) -> Bool {
        state.withLock { state in
            guard state.plantsLeft > 0, batch.mark != nil, Int.random(in: 0..<4, using: &state.generator) == 0 else {
                return false
            }
            state.plantsLeft -= 1
            return true
        }
    }

    func delay(_ batch: WriteBatch, to store: MemoryStore) { state.withLock { $0.late.append((store, batch)) } }

    /// Lets one late write arrive, if there is one; false if there was none.
    @discardableResult
    func deliverLate() async -> Bool {
        let late = state.withLock { state -> (store: MemoryStore, batch: WriteBatch)? in
            guard let index = state.late.indices.randomElement(using: &state.generator) else { return nil }
            return state.late.remove(at: index)
        }
        guard let late else { return false }
        _ = await late.store.write(each: [late.batch])
        return true
    }
}

/// A process of the simulation, which may die at any call.
final class LiveProcess: Sendable {
    let world: LiveWorld
    private let dead = Mutex(false)
    /// The store of a client, once it is open.
    let opened = Mutex<MigratingStore?>(nil)

    init(in world: LiveWorld) { self.world = world }

    var isDead: Bool { dead.withLock { $0 } }

    func kill() { dead.withLock { $0 = true } }

    func turn() async throws(StoreError) {
        guard !isDead else { throw .cancelled }
        await world.turns.turn(of: LiveWorld.actor)
        guard !isDead else { throw .cancelled }
    }
}

/// A process's way to a store: every request and every reply waits for its turn, and may get lost.
struct LiveStore: StoreDecorator {
    let memory: MemoryStore
    let process: LiveProcess

    var base: any KeyValueStore { memory }
    private var world: LiveWorld { process.world }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await process.turn()
        if world.isUnlucky() {
            if world.random(below: 8) == 0 { process.kill() }
            throw StoreError(.unavailable, "The connection could not be made.")
        }
        let result = try await body()
        try await process.turn()
        return result
    }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await around(StoreCall(.get, items: keys.count)) { () async throws(StoreError) in
            try await memory.get(keys, options)
        }
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await process.turn()
        guard world.isUnlucky() else {
            let result = await applied(batch)
            try await process.turn()
            return try result.get()
        }
        var batch = batch
        batch.id = batch.id ?? world.environment.makeWriteID()
        let lost = StoreError(.outcomeUnknown, "The connection broke before the reply.")
        // One that takes effect at most once may arrive twice.
        let isUnique = batch.operations.allSatisfy { operation in
            switch operation.precondition {
            case .revision, .vacant: true
            default: false
            }
        }
        switch world.random(below: isUnique ? 6 : 5) {
        case 0:
            process.kill()
            throw .cancelled
        case 1:
            _ = await applied(batch)
            process.kill()
            throw .cancelled
        case 2: throw lost
        case 3:
            _ = try await applied(batch).get()
            throw lost
        case 4:
            world.delay(batch, to: memory)
            throw lost
        default:
            _ = try await applied(batch).get()
            world.delay(batch, to: memory)
            throw lost
        }
    }

    private func applied(_ batch: WriteBatch) async -> Result<WriteReceipt, StoreError> {
        let keys = batch.operations.map(\.key)
        do throws(StoreError) {
            let before = try await memory.get(keys, ReadOptions(includesTombstones: true))
            let receipt = try await memory.write(batch)
            guard world.isPlanted(batch) else { return .success(receipt) }
            // As if it had never been written, but acknowledged.
            let operations = zip(keys, before).map { key, entry in
                guard let entry else { return WriteBatch.Operation(.delete, at: key) }
                return WriteBatch.Operation(entry.isTombstone ? .bury : .put(entry.value), at: key)
            }
            _ = try await memory.write(WriteBatch(operations, epoch: batch.epoch))
            return .success(receipt)
        } catch {
            return .failure(error)
        }
    }

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        for batch in batches {
            do throws(StoreError) { results.append(.success(try await write(batch))) } catch {
                results.append(.failure(error))
            }
        }
        return results
    }
}
