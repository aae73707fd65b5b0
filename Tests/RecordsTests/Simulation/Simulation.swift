import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Tuples

@testable import Records

/// One run: several clients change few records at once, in all kinds of weather, and a witness looks on.
struct Simulation: Sendable {
    var seed: UInt64
    var scope = BatchScope.store
    var isGlobal = true
    var conditionalDelete = true
    var integerAdd = true
    var weather = SimulatedWorld.Weather()
    var rules = WriteRules.all
    /// Indexes that somebody builds and drops while others write; nil for none.
    var changes: SimulatedSchema.Changes?
    var operations = 24
    var clients = 3

    static func type(isGlobal: Bool) throws -> RecordType<Upload> {
        let scope: Index.Scope = isGlobal ? .global(shards: 2) : .local
        return try RecordType(
            "item",
            fields: [
                .one("space", .string) { .string($0.space) },
                .one("root", .bytes) { .bytes(Array($0.root)) },
                .one("size", .integer) { .integer($0.size) },
                .one("mark", .integer) { .integer($0.insertedAtMicroseconds) },
                .one("expires", .timestamp) { upload in
                    guard upload.hasExpiresAtSeconds else { return .missing }
                    return .timestamp(Timestamp(milliseconds: upload.expiresAtSeconds * 1_000))
                },
            ],
            partitionedBy: .fields(["space"], group: "space"),
            primaryKey: ["root"],
            indexes: [
                Index("by_size", on: [.field("size")]),
                Index("by_mark", on: [.field("mark")], scope: scope),
                Index("mark", .unique, on: [.field("mark")], scope: scope),
                Index("count", .count, on: [.field("mark")]),
                Index("sum", .sum(of: "size"), on: []),
                Index("all", .count, on: [.field("mark")], scope: .global(shards: 2)),
            ],
            expiry: "expires"
        )
    }

    /// What was wrong, and how many writes there were.
    func run() async throws -> (violations: [String], writes: Int) {
        let type = try Simulation.type(isGlobal: isGlobal)
        let witness = Witness(type.shape, RecordLayout(namespace: "sim"))
        let world = SimulatedWorld(
            seed: seed,
            scope: scope,
            conditionalDelete: conditionalDelete,
            integerAdd: integerAdd,
            weather: weather,
            witness: witness
        )
        let schema: SimulatedSchema?
        if let changes {
            schema = try await SimulatedSchema(type.shape, changes, clients: clients, rules, in: world)
        } else {
            schema = nil
        }
        let writer = { @Sendable (number: Int) in
            var writer = RecordWriter(
                store: SimulatedClient(number, in: world),
                layout: witness.layout,
                environment: world.environment,
                wallClock: { world.now }
            )
            writer.rules = rules
            writer.schema = schema?.keeper(of: number)
            return writer
        }
        // It works beside the clients, with a number of its own.
        let work = schema.map { schema in { @Sendable in await schema.work(as: clients) } }
        await world.run(operations, clients: clients, beside: work, passing: changes == nil ? 0 : 1_000_000) { number in
            let shape = schema?.shape(of: number) ?? type.shape
            await SimulatedActor(writer: writer(number), shape: shape, world: world).act()
        }
        try await settle(world, writer(-1), type.shape, schema)
        try await witness.inspect(world, isFinal: true)
        return (witness.violations, witness.writes)
    }

    /// The weather clears up, what is late arrives, and sweeper and scrubber do their work.
    func settle(
        _ world: SimulatedWorld,
        _ writer: RecordWriter,
        _ shape: RecordShape,
        _ schema: SimulatedSchema? = nil
    ) async throws {
        world.clearUp()
        while world.lateCount > 0 { await world.deliverLate() }
        var calm = RecordWriter(
            store: CalmStore(base: world.base, world: world),
            layout: writer.layout,
            environment: world.environment,
            wallClock: { world.now }
        )
        calm.rules = rules
        if let schema { calm.schema = try await schema.settle(calm) }
        let shapes = try await calm.schema?.view().shapes ?? [shape.name: shape]
        let repairer = Repairer(writer: calm)
        let sweeper = Sweeper(repairer: repairer, shapes: shapes)
        let scrubber = Scrubber(repairer: repairer, shapes: shapes)
        var partitions: Set<[UInt8]> = []
        for space in [KeySpace.records, .reservedData] {
            partitions.formUnion(try await world.base.partitions(in: space, limit: 1_000, after: nil).partitions)
        }
        for partition in partitions.sorted(by: ByteOrder.precedes) { _ = try await sweeper.sweep(partition) }
        if scope == .key || weather.shifts {
            for shape in shapes.values {
                for index in shape.indexes where index.isPublished {
                    _ = try await TotalPublisher(writer: calm).addUp(index, of: shape)
                }
            }
        }
        guard weather.isLate else { return }
        for partition in partitions.sorted(by: ByteOrder.precedes) { _ = try await scrubber.scrub(partition) }
    }
}

/// The store of a simulation without weather, for what is done when all is over; with the capabilities of the run.
struct CalmStore: StoreDecorator {
    let base: any KeyValueStore
    let world: SimulatedWorld

    var capabilities: Capabilities { world.capabilities }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }
}
