import KeyValue
import Synchronization
import TestSupport
import Tuples

@testable import Records

/// What all clients of a simulation share: the store below, time, chance, and writes that are still on their way.
final class SimulatedWorld: Sendable {
    struct Weather: Sendable {
        /// How many calls of a hundred go wrong in some way.
        var faults = 8
        /// Whether writes can arrive late, and repair can be on its way at any time: then it takes the scrubber to find
        /// everything that is left over, else the sweeper alone.
        var isLate = true
        /// Whether the scope of batches changes in mid-run.
        var shifts = false
        /// Whether other capabilities are lost in mid-run: additions, conditional deletes, and most of a batch's length.
        var shrinks = false
    }

    private struct State {
        var generator: SeededGenerator
        var seconds: Int64 = 1_000
        var scope: BatchScope
        var conditionalDelete: Bool
        var integerAdd: Bool
        var operationsMax: Int?
        var faults: Int
        var late: [(batch: WriteBatch, sent: Int64)] = []
        var nanoseconds: Int64 = 0
    }

    let base: MemoryStore
    let turns = Turns()
    let weather: Weather
    private let state: Mutex<State>
    let witness: Witness

    init(seed: UInt64, scope: BatchScope, conditionalDelete: Bool, integerAdd: Bool, weather: Weather, witness: Witness)
    {
        base = MemoryStore(environment: SimulatedTime(seed: seed ^ 0x5eed).environment)
        state = Mutex(
            State(
                generator: SeededGenerator(seed: seed),
                scope: scope,
                conditionalDelete: conditionalDelete,
                integerAdd: integerAdd,
                faults: weather.faults
            )
        )
        self.weather = weather
        self.witness = witness
    }

    var capabilities: Capabilities {
        var capabilities = base.capabilities
        state.withLock { state in
            capabilities.batchScope = state.scope
            capabilities.conditionalDelete = state.conditionalDelete
            capabilities.integerAdd = state.integerAdd
            if let operationsMax = state.operationsMax { capabilities.limits.batchOperationsMax = operationsMax }
        }
        capabilities.snapshotReads = false
        return capabilities
    }

    func random(below bound: Int) -> Int {
        state.withLock { Int.random(in: 0..<bound, using: &$0.generator) }
    }

    var environment: StoreEnvironment {
        StoreEnvironment(
            random: { self.state.withLock { $0.generator.next() } },
            nanoseconds: { self.nanoseconds },
            sleep: { self.pass(Int64($0 / .nanoseconds(1))) }
        )
    }

    /// That of a client, who lets others go on while it sleeps.
    func environment(of client: Int) -> StoreEnvironment {
        var environment = environment
        environment.sleep = { duration in
            let end = self.nanoseconds + Int64(duration / .nanoseconds(1))
            while self.nanoseconds < end { await self.turns.turn(of: client) }
        }
        return environment
    }

    /// The clock that never goes back; it stands still unless the run has a schema that changes.
    var nanoseconds: Int64 { state.withLock(\.nanoseconds) }

    func pass(_ nanoseconds: Int64) { state.withLock { $0.nanoseconds += nanoseconds } }

    /// Whether what was sent then can still arrive: a call of a store ends within a lease.
    func arrives(sentAt sent: Int64) -> Bool { nanoseconds - sent <= SimulatedSchema.lease }

    var now: Timestamp { Timestamp(milliseconds: state.withLock(\.seconds) * 1_000) }
    var seconds: Int64 { state.withLock(\.seconds) }

    func advance() { state.withLock { $0.seconds += 1 } }

    func shift() {
        state.withLock { $0.scope = [.key, .partition, .store].randomElement(using: &$0.generator) ?? .key }
    }

    /// Takes away one of the capabilities that are left.
    func shrink() {
        state.withLock { state in
            switch Int.random(in: 0..<3, using: &state.generator) {
            case 0: state.conditionalDelete = false
            case 1: state.integerAdd = false
            default: state.operationsMax = 6
            }
        }
    }

    func clearUp() { state.withLock { $0.faults = 0 } }

    func isUnlucky() -> Bool {
        state.withLock { state in Int.random(in: 0..<100, using: &state.generator) < state.faults }
    }

    func delay(_ batch: WriteBatch) { state.withLock { $0.late.append((batch, $0.nanoseconds)) } }

    /// Lets one late write arrive, if there is one.
    func deliverLate() async {
        let late = state.withLock { state -> (batch: WriteBatch, sent: Int64)? in
            guard let index = state.late.indices.randomElement(using: &state.generator) else { return nil }
            return state.late.remove(at: index)
        }
        if let late, arrives(sentAt: late.sent) { _ = await apply(late.batch, by: nil) }
    }

    var lateCount: Int { state.withLock { $0.late.count } }

    /// Carries out a batch and has the witness look at what it did.
    func apply(_ batch: WriteBatch, by client: Int?) async -> Result<WriteReceipt, StoreError> {
        do throws(StoreError) {
            try batch.validate(for: capabilities)
            let before = try await base.get(batch.operations.map(\.key), ReadOptions())
            let receipt = try await base.write(batch)
            let after = try await base.get(batch.operations.map(\.key), ReadOptions())
            await witness.saw(before, after, batch, in: self)
            return .success(receipt)
        } catch {
            return .failure(error)
        }
    }
}
