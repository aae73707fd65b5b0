import Foundation
import KeyValue
import SwiftProtobuf
import Synchronization
import Tuples

@testable import Records

/// One run: several clients make transactions and lone changes in one partition, and then an order is looked for in
/// which they could have run one after the other.
struct TransactionSimulation: Sendable {
    /// What a program saw; nil where nobody knows whether it was carried out.
    private struct Outcome: Sendable {
        var program: TransactionProgram
        var seen: [[Int64]]?
    }

    var seed: UInt64
    var scope = BatchScope.partition
    var integerAdd = true
    var weather = SimulatedWorld.Weather()
    var rules = WriteRules.all

    private static func type() throws -> RecordType<Upload> {
        try RecordType(
            "item",
            fields: [
                .one("space", .string) { .string($0.space) },
                .one("root", .bytes) { .bytes(Array($0.root)) },
                .one("size", .integer) { .integer($0.size) },
                .one("mark", .integer) { .integer($0.insertedAtMicroseconds) },
            ],
            partitionedBy: .fields(["space"], group: "space"),
            primaryKey: ["root"],
            indexes: [
                Index("by_size", on: [.field("size")]),
                Index("by_mark", on: [.field("mark")], scope: .global(shards: 2)),
                Index("count", .count, on: [.field("mark")]),
                Index("sum", .sum(of: "size"), on: []),
            ],
            queriesInTransactions: true
        )
    }

    /// What was wrong, and how many programs were carried out for certain.
    func run() async throws -> (violations: [String], carriedOut: Int) {
        let type = try TransactionSimulation.type()
        let witness = Witness(type.shape, RecordLayout(namespace: "sim"))
        let world = SimulatedWorld(
            seed: seed,
            scope: scope,
            conditionalDelete: true,
            integerAdd: integerAdd,
            weather: weather,
            witness: witness
        )
        let shapes = [type.name: type.shape]
        let schema = try SchemaKeeper(
            store: MemoryStore(),
            layout: witness.layout,
            declared: shapes,
            environment: world.environment
        )
        try await schema.open()
        let writer = { @Sendable (store: any KeyValueStore) in
            var writer = RecordWriter(
                store: store,
                layout: witness.layout,
                environment: world.environment,
                wallClock: { world.now }
            )
            writer.rules = rules
            return writer
        }
        let open = { @Sendable (store: any KeyValueStore) in
            RecordStore(writer: writer(store), schema: schema, shapes: shapes, cursorKey: CursorKey(high: 1, low: 2))
        }
        let outcomes = Mutex<[Outcome]>([])
        await world.run(6, clients: 3) { client in
            let program = TransactionProgram(world.random(below: 1_000), in: world)
            do {
                let seen = try await program.run(on: open(SimulatedClient(client, in: world)), type)
                outcomes.withLock { $0.append(Outcome(program: program, seen: seen)) }
            } catch let error as RecordError where error.retry == .always {
                // It says that nothing was written.
            } catch {
                outcomes.withLock { $0.append(Outcome(program: program, seen: nil)) }
                guard let error = error as? StoreError, [.outcomeUnknown, .cancelled, .timedOut].contains(error.code)
                else {
                    witness.object("a program failed: \(error)")
                    return
                }
            }
        }
        try await Simulation(seed: seed, weather: weather, rules: rules)
            .settle(world, writer(SimulatedClient(-1, in: world)), type.shape)
        let final = try await open(CalmStore(base: world.base, world: world))
            .find(Query(in: ["s"], limit: 10), as: type).records.map { ($0.message.root[0], $0.message.size) }
        var violations = witness.violations
        let all = outcomes.withLock { $0 }
        if !TransactionSimulation.hasOrder(all, from: [:], to: Dictionary(uniqueKeysWithValues: final)) {
            violations.append("no order explains \(all) and \(final)")
        }
        return (violations, all.count { $0.seen != nil })
    }

    /// Whether the programs, one after the other in some order, see what they saw and leave what is there.
    private static func hasOrder(_ rest: [Outcome], from state: [UInt8: Int64], to final: [UInt8: Int64]) -> Bool {
        if rest.allSatisfy({ $0.seen == nil }), state == final { return true }
        return rest.indices.contains { index in
            var next = state
            let seen = rest[index].program.run(on: &next)
            guard rest[index].seen == nil || rest[index].program.isLone || rest[index].seen == seen else {
                return false
            }
            var others = rest
            others.remove(at: index)
            return hasOrder(others, from: next, to: final)
        }
    }
}
