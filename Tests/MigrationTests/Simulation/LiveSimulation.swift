import KeyValue
import Synchronization
import TestSupport

@testable import Migration

/// One run: clients read and write while their records are moved, in all kinds of weather; whoever dies is replaced.
struct LiveSimulation: Sendable {
    var seed: UInt64
    var clients = 3
    var reconcilers = 2
    var copiers = 1
    var operations = 14
    /// How many calls of a thousand go wrong in some way.
    var faults = 15
    /// How many acknowledged writes are lost, which must be found out.
    var plants = 0
    /// What kinds of stores there are.
    var profiles = (source: MemoryProfile.reference, target: MemoryProfile.reference)
    /// The rules that workers keep.
    var rules = MigrationRules.all

    /// Who takes part.
    private enum Role: Sendable {
        case client
        /// Reads the control record on behalf of a client, as a service does in the background.
        case follower
        case copier
        case reconciler
        case leader
    }

    private struct Ended: Sendable {
        var role: Role
        var number: Int
        /// Whether nobody has to take its place.
        var isDone: Bool
    }

    /// What a run came to.
    struct Outcome: Sendable {
        var violations: [String] = []
        var events = 0
        /// The audit log: what was done.
        var log: [String] = []
    }

    private static let initial = [LiveClient.keys[0]: 1, LiveClient.keys[1]: 2]
    private static let turnsMax = 40_000

    func run() async throws -> Outcome {
        let world = LiveWorld(seed: seed, faults: faults, plants: plants, profiles: profiles)
        let history = LiveHistory()
        try await plan(world)
        await withTaskGroup(of: Ended.self) { group in
            var number = 0
            var left = clients
            var isOver = false
            var processes: [Int: LiveProcess] = [:]
            func start(_ role: Role, in process: LiveProcess) {
                number += 1
                processes[number] = process
                world.turns.begin()
                group.addTask { [number] in
                    let isDone = await LiveWorld.$actor.withValue(number) { await act(as: role, in: process, history) }
                    world.turns.end()
                    return Ended(role: role, number: number, isDone: isDone)
                }
            }
            func start(_ role: Role) {
                let process = LiveProcess(in: world)
                start(role, in: process)
                if role == .client { start(.follower, in: process) }
            }
            for _ in 0..<clients { start(.client) }
            for _ in 0..<copiers { start(.copier) }
            for _ in 0..<reconcilers { start(.reconciler) }
            start(.leader)
            var turns = 0
            var stalled: [Int: Int] = [:]
            while !processes.isEmpty {
                let parked = await world.turns.quiet()
                turns += 1
                let isAtEnd = turns > LiveSimulation.turnsMax || (left == 0 && isOver)
                if isAtEnd { for process in processes.values { process.kill() } }
                // Whoever is neither parked nor running has come to an end.
                if processes.count > parked.count {
                    guard let ended = await group.next() else { break }
                    processes[ended.number] = nil
                    if ended.role == .client, ended.isDone { left -= 1 }
                    if ended.role == .leader, ended.isDone { isOver = true }
                    if !ended.isDone, !isAtEnd, ended.role != .follower { start(ended.role) }
                    continue
                }
                switch world.random(below: 200) {
                case 0: world.advance(by: .milliseconds(world.random(below: 3_000)))
                case 1: stalled[parked[world.random(below: parked.count)]] = turns + world.random(below: 400)
                case 2...4: await world.deliverLate()
                default: break
                }
                let awake = parked.filter { stalled[$0] ?? 0 <= turns }
                let candidates = awake.isEmpty ? parked : awake
                world.turns.resume(candidates[world.random(below: candidates.count)])
            }
        }
        return try await judge(world, history)
    }

    /// A migration from a source that holds some records.
    private func plan(_ world: LiveWorld) async throws {
        for (key, number) in LiveSimulation.initial { try await world.source.put(LiveClient.bytes(number), at: key) }
        let environment = SimulatedTime(seed: seed).environment
        _ = try await MigrationController.plan(
            try stores(world, environment) { $0 },
            source: "old",
            target: "new",
            actor: "test",
            environment: environment,
            milliseconds: { 0 }
        )
    }

    private func stores(
        _ world: LiveWorld,
        _ environment: StoreEnvironment,
        _ way: (MemoryStore) -> any KeyValueStore
    ) throws -> MigrationStores {
        let control = try ControlStore(way(world.control), name: "m", environment: environment)
        return try MigrationStores(source: way(world.source), target: way(world.target), control: control)
    }

    /// Does what is its part until it dies; whether nobody has to take its place.
    private func act(as role: Role, in process: LiveProcess, _ history: LiveHistory) async -> Bool {
        let world = process.world
        let environment = world.environment
        do {
            let stores = try stores(world, environment) { LiveStore(memory: $0, process: process) }
            switch role {
            case .client:
                var options = MigratingOptions()
                options.followsByItself = false
                let store = try await MigratingStore.open(stores, options: options, environment: environment)
                process.opened.withLock { $0 = store }
                let client = LiveClient(store: store, process: process, history: history, operations: operations)
                await client.run()
                let isDone = !process.isDead || world.random(below: 2) == 0
                process.kill()
                return isDone
            case .follower:
                while !process.isDead {
                    await world.pause(.milliseconds(50))
                    guard let store = process.opened.withLock({ $0 }) else { continue }
                    do throws(StoreError) { try await store.follow() } catch { continue }
                }
                return true
            case .copier:
                var copier = try LiveCopier(
                    stores,
                    lease: .milliseconds(500),
                    environment: environment,
                    milliseconds: { 0 },
                    proves: rules == .all && plants == 0,
                    rules
                )
                while try await copier.step() != .finished { await world.pause(.milliseconds(100)) }
                return true
            case .reconciler:
                let reconciler = Reconciler(stores, rules)
                while !process.isDead {
                    if let direction = try await stores.control.read().mode.direction {
                        _ = try await reconciler.pass(direction)
                    }
                    await world.pause(.milliseconds(60))
                }
                return true
            case .leader: return await LiveOperator(stores: stores, process: process).run()
            }
        } catch {
            // A client that could not even begin, or a worker that met bad weather: somebody else tries.
            if role == .client { process.kill() }
            return false
        }
    }

    /// The weather clears up, what is late arrives, and the migration is led to its end: both stores have to agree on
    /// the way there, and every history has to make sense.
    private func judge(_ world: LiveWorld, _ history: LiveHistory) async throws -> Outcome {
        world.clearUp()
        while await world.deliverLate() {}
        let time = SimulatedTime(seed: seed)
        let stores = try stores(world, time.environment) { $0 }
        let controller = try await MigrationController.open(
            stores,
            actor: "judge",
            environment: time.environment,
            milliseconds: { 0 }
        )
        var outcome = Outcome()
        let migration = LiveMigration(time: time, stores: stores, controller: controller)
        while true {
            let record = try await controller.settle()
            if record.state.isOver { break }
            if let direction = record.mode.direction, record.state.isCaptureComplete {
                if record.mode == .captured { try await migration.copy() }
                try await migration.reconcile(direction)
                let (old, new) = (
                    try await LiveMigration.rows(of: stores.source), try await LiveMigration.rows(of: stores.target)
                )
                if old != new { outcome.violations.append("in \(record.mode), source: \(old), target: \(new)") }
            }
            switch record.mode {
            case .source: try await controller.step(to: .weakened)
            case .weakened: try await controller.step(to: .captured)
            case .captured: try await controller.step(to: .sourceHeld)
            case .sourceHeld: try await controller.step(to: .targetHeld)
            case .targetHeld: try await controller.step(to: .switched)
            case .switched, .target: try await controller.finalize()
            }
        }
        let store = try await migration.open()
        let process = LiveProcess(in: world)
        let reader = LiveClient(store: store, process: process, history: history, operations: 0)
        for key in LiveClient.keys { await reader.read(key) }
        outcome.violations += history.violations(from: LiveSimulation.initial)
        outcome.events = history.count
        outcome.log = try await stores.control.auditLog().map(\.text)
        return outcome
    }
}
