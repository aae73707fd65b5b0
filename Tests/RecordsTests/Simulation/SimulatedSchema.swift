import KeyValue
import Tuples

@testable import Records

/// A schema that changes in mid-run: half of the clients are of an old release, the others know some indexes more, which
/// somebody builds and drops again and again.
struct SimulatedSchema: Sendable {
    static let lease: Int64 = 60_000_000
    /// What changes in it, and how.
    struct Changes: Sendable {
        /// The indexes that are built and dropped.
        var indexes: [String]
        /// One of so many clients does not know them: as long as they are kept it changes nothing.
        var oldOneIn: Int
        /// How many records a step of a build takes.
        var pageSize: Int

        static let all = Changes(indexes: ["by_mark", "mark", "count", "all"], oldOneIn: 2, pageSize: 2)
        /// Those that count alone, in small steps, and much is changed meanwhile.
        static let counts = Changes(indexes: ["count", "all"], oldOneIn: 4, pageSize: 1)
    }

    private let changes: Changes
    private let old: RecordShape
    private let new: RecordShape
    private let rules: WriteRules
    private let world: SimulatedWorld
    private let keepers: [SchemaKeeper]

    /// The old release has been there first, then came the new.
    init(
        _ shape: RecordShape,
        _ changes: Changes,
        clients: Int,
        _ rules: WriteRules,
        in world: SimulatedWorld
    ) async throws {
        self.changes = changes
        new = shape
        old = shape.keeping { !changes.indexes.contains($0.name) }
        self.rules = rules
        self.world = world
        for shape in [old, new] {
            let keeper = try SimulatedSchema.keeper(shape, CalmStore(base: world.base, world: world), rules, world)
            try await keeper.open(lease: .nanoseconds(SimulatedSchema.lease))
        }
        var keepers: [SchemaKeeper] = []
        for number in 0..<clients {
            let shape = number.isMultiple(of: changes.oldOneIn) ? old : new
            keepers.append(try SimulatedSchema.keeper(shape, SimulatedClient(number, in: world), rules, world))
        }
        self.keepers = keepers
    }

    private static func keeper(
        _ shape: RecordShape,
        _ store: any KeyValueStore,
        _ rules: WriteRules,
        _ world: SimulatedWorld,
        client: Int? = nil
    ) throws -> SchemaKeeper {
        try SchemaKeeper(
            store: store,
            layout: world.witness.layout,
            declared: [shape.name: shape],
            environment: client.map { world.environment(of: $0) } ?? world.environment,
            rules: rules
        )
    }

    func keeper(of client: Int) -> SchemaKeeper? { keepers.indices.contains(client) ? keepers[client] : nil }

    func shape(of client: Int) -> RecordShape { client.isMultiple(of: changes.oldOneIn) ? old : new }

    /// Which keys belong to indexes in which nothing may be missing, by the schema on the store.
    static func readable(in row: [UInt8]?) throws -> (Key) -> Bool {
        guard let row else { return { _ in true } }
        let readable = try SchemaRow(row).description.types.flatMap { type in
            type.indexes.filter { $0.state == .readable }.map { type.name + "/" + $0.name }
        }
        return { key in RecordLayout.decode(key).map { readable.contains($0.name) } ?? false }
    }

    /// The published indexes that the schema on the store says to be exact.
    static func exact(in row: [UInt8]?, _ shape: RecordShape) throws -> Set<String> {
        guard let row else { return [] }
        let description = try SchemaRow(row).description
        let readable = shape.indexes.filter { description.state(of: $0, shape) == .readable }.map(\.name)
        return description.exact(of: shape).intersection(readable)
    }

    /// Builds or drops one of the indexes, as a client of the new release that has just been started.
    func work(as client: Int) async {
        var writer = RecordWriter(
            store: SimulatedClient(client, in: world),
            layout: world.witness.layout,
            environment: world.environment(of: client),
            wallClock: { world.now }
        )
        writer.rules = rules
        let name = changes.indexes[world.random(below: changes.indexes.count)]
        do {
            let keeper = try SimulatedSchema.keeper(new, writer.store, rules, world, client: client)
            writer.schema = keeper
            try await keeper.open()
            if world.random(below: 4) == 0 {
                try await drop(name, writer, keeper)
            } else {
                _ = try await build(name, writer, keeper)
            }
        } catch let error as StoreError {
            guard ![.outcomeUnknown, .cancelled, .timedOut, .preconditionFailed].contains(error.code) else { return }
            world.witness.object("an index could not be changed: \(error)")
        } catch let error as RecordError {
            guard !SimulatedActor.refusals.contains(error.code), error.code != .invalidDeclaration else { return }
            world.witness.object("an index could not be changed: \(error)")
        } catch {
            world.witness.object("an index could not be changed: \(error)")
        }
    }

    private func build(_ name: String, _ writer: RecordWriter, _ keeper: SchemaKeeper) async throws -> IndexState {
        guard let index = new.indexes.first(where: { $0.name == name }) else { return .disabled }
        let pace = IndexWorkPace(pageSize: changes.pageSize, width: 1)
        let builder = IndexBuilder(writer: writer, schema: keeper, shape: new, index: index, pace: pace)
        return try await builder.build().state
    }

    private func drop(_ name: String, _ writer: RecordWriter, _ keeper: SchemaKeeper) async throws {
        let pace = IndexWorkPace(pageSize: changes.pageSize, width: 1)
        let remover = IndexRemover(
            store: writer.store,
            layout: writer.layout,
            environment: writer.environment,
            schema: keeper,
            type: new.name,
            index: name,
            pace: pace
        )
        _ = try await remover.drop()
    }

    /// Brings every index to one end or the other, in calm weather. What keeps the schema for what follows.
    func settle(_ writer: RecordWriter) async throws -> SchemaKeeper {
        var writer = writer
        let keeper = try SimulatedSchema.keeper(new, writer.store, rules, world)
        writer.schema = keeper
        try await keeper.open()
        for name in changes.indexes {
            if try await build(name, writer, keeper) == .readable { continue }
            try await drop(name, writer, keeper)
        }
        return keeper
    }
}
