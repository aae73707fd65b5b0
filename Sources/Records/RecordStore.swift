public import KeyValue
import SwiftProtobuf
public import Tuples

/// Records of declared types over any store with conditional writes.
///
/// - A record is found by its primary key from the moment of its change on, and a writer finds its own change in every
///   index when its call returns, unless the receipt says that indexes are pending.
/// - Of two records with the same values of a unique index, at most one is ever let in, whatever the store's scope.
/// - Totals are exact where the store's batches reach a partition; elsewhere they are of some time ago, and say so.
///
/// Every method may be called from any task, concurrently. A task that is cancelled may leave a change half way; the
/// sweeper finishes it.
public struct RecordStore: Sendable {
    private let writer: RecordWriter
    private let shapes: [String: RecordShape]
    private let cursorKey: CursorKey

    /// Records in a store, under a namespace that keeps them apart from others' in the same store.
    ///
    /// - Parameters:
    ///   - cursorKey: The secret that the cursors of queries are sealed with.
    ///   - wallClock: The time of day, which records' expiry is compared with.
    /// - Throws: ``RecordError/Code/unsupported`` for a store without exclusive conditional writes, and
    ///   ``RecordError/Code/invalidDeclaration`` for two types of one name.
    public init(
        _ store: any KeyValueStore,
        namespace: String,
        types: [any RecordTypeDeclaration],
        cursorKey: CursorKey,
        environment: StoreEnvironment = .live,
        wallClock: @escaping @Sendable () -> Timestamp
    ) throws(RecordError) {
        let capabilities = store.capabilities
        guard capabilities.conditionalWrite, capabilities.consistency == .linearizable else {
            throw RecordError(
                .unsupported,
                "Records need a store whose reads are current and whose conditional writes exclude each other."
            )
        }
        guard (1...24).contains(namespace.utf8.count) else {
            throw RecordError(.invalidDeclaration, "A namespace is 1 to 24 bytes long.", ["name": namespace])
        }
        var shapes: [String: RecordShape] = [:]
        for type in types {
            guard shapes.updateValue(type.shape, forKey: type.shape.name) == nil else {
                throw RecordError(.invalidDeclaration, "Two record types have one name.", ["name": type.shape.name])
            }
        }
        self.shapes = shapes
        self.cursorKey = cursorKey
        writer = RecordWriter(
            store: store,
            layout: RecordLayout(namespace: namespace),
            environment: environment,
            wallClock: wallClock
        )
    }

    /// What has to hold of a record for it to be written.
    public enum Condition: Hashable, Sendable {
        /// Nothing.
        case none
        /// It is not there: an insert.
        case absent
        /// It is there: a replacement.
        case present
        /// It has this version.
        case version(RecordVersion)
    }

    /// A record as it was read.
    public struct Stored<Message: Sendable>: Sendable {
        /// The message.
        public let message: Message
        /// The record's version.
        public let version: RecordVersion
    }

    /// What a change did.
    public struct Receipt: Hashable, Sendable {
        /// The record's version now; nil when it is gone.
        public let version: RecordVersion?
        /// Whether there was a record before.
        public let existed: Bool
        /// Whether the change is done but leftovers in indexes are not removed yet; the sweeper does it.
        public let indexesPending: Bool
    }
}

/// A record type, whatever its messages. Only ``RecordType`` conforms.
public protocol RecordTypeDeclaration: Sendable {
    /// The name of the type.
    var name: String { get }
    /// What is declared.
    var declaration: RecordDeclaration { get }
}

/// What a record type declares, opaque.
public struct RecordDeclaration: Sendable {
    let shape: RecordShape
}

extension RecordTypeDeclaration {
    var shape: RecordShape { declaration.shape }
}

// MARK: - Records by key

extension RecordStore {
    /// The record at an address; nil where there is none, or none any more.
    public func get<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>
    ) async throws -> Stored<Message>? {
        let row = try await writer.read(try key(of: address, type), type.shape)
        guard let live = row.live else { return nil }
        return Stored(message: try RecordType<Message>.decode(live.body, name: type.name), version: live.version)
    }

    /// Stores a message as its record, in place of the one with the same keys.
    @discardableResult
    public func save<Message>(
        _ message: Message,
        as type: RecordType<Message>,
        if condition: Condition = .none
    ) async throws -> Receipt {
        let body: [UInt8] = try message.serializedBytes()
        let address = try type.shape.address(of: try type.shape.extract(body))
        return try await apply(try key(of: address, type), condition, type) { _ in body }
    }

    /// Changes a record that is there by what `edit` makes of it, without losing a change that others make meanwhile:
    /// then `edit` is called again. Keys can't be changed.
    @discardableResult
    public func update<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>,
        if condition: Condition = .present,
        _ edit: @escaping @Sendable (inout Message) throws -> Void
    ) async throws -> Receipt {
        try await apply(try key(of: address, type), condition, type) { body in
            guard let body else {
                throw RecordError(.notFound, "There is no record with this primary key.", ["type": type.name])
            }
            var message = try RecordType<Message>.decode(body, name: type.name)
            try edit(&message)
            return try message.serializedBytes()
        }
    }

    /// Deletes a record.
    @discardableResult
    public func delete<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>,
        if condition: Condition = .none
    ) async throws -> Receipt {
        try await apply(try key(of: address, type), condition, type) { _ in nil }
    }

    private func key<Message>(of address: RecordAddress, _ type: RecordType<Message>) throws(RecordError) -> Key {
        guard address.type == type.name, shapes[type.name] != nil else {
            throw RecordError(
                .invalidDeclaration,
                "The address is of a type that this record store does not have.",
                ["type": address.type]
            )
        }
        return try writer.layout.key(of: address, type.shape)
    }

    private func apply<Message>(
        _ key: Key,
        _ condition: Condition,
        _ type: RecordType<Message>,
        _ edit: @escaping @Sendable ([UInt8]?) throws -> [UInt8]?
    ) async throws -> Receipt {
        let wanted: Change.Condition =
            switch condition {
            case .none: .none
            case .absent: .absent
            case .present: .present
            case .version(let version): .version(version)
            }
        let receipt = try await writer.apply(Change(key: key, condition: wanted, edit: edit), type.shape)
        return Receipt(
            version: receipt.version,
            existed: receipt.existed,
            indexesPending: receipt.indexesPending
        )
    }
}

// MARK: - Queries

extension RecordStore {
    /// One page of the records that a query asks for.
    ///
    /// Every record that is as the query asks from before its first page until after its last is on exactly one page; one
    /// that changes meanwhile may be on none, or on one for each of its places in the order.
    /// - Throws: ``RecordError`` for a query that makes no sense, one that no index serves, and a cursor of another
    ///   query.
    public func find<Message>(_ query: Query, as type: RecordType<Message>) async throws -> QueryPage<Message> {
        let plan = try plan(query, type)
        let signature = Array(
            "\(type.name) \(query.order) \(query.isDescending) \(query.filter) \(plan.signature) ".utf8
        )
        let binding = signature + [UInt8](plan.unions.flatMap { $0.ranges.flatMap { $0.partition + $0.prefix } })
        let position = try query.cursor.map { (cursor) throws(RecordError) in
            try cursor.position(in: binding, cursorKey)
        }
        let page = try await QueryRunner(writer: writer, shape: type.shape).run(plan, query, after: position)
        var records: [Stored<Message>] = []
        for envelope in page.found {
            let message = try RecordType<Message>.decode(envelope.body, name: type.name)
            records.append(Stored(message: message, version: envelope.version))
        }
        return QueryPage(
            records: records,
            cursor: page.position.map { QueryCursor(after: $0, in: binding, cursorKey) },
            isPartial: page.isPartial,
            examined: page.examined
        )
    }

    /// How a query would be answered, for people.
    public func explain<Message>(_ query: Query, as type: RecordType<Message>) throws(RecordError) -> String {
        try plan(query, type).description
    }

    private func plan<Message>(_ query: Query, _ type: RecordType<Message>) throws(RecordError) -> QueryPlan {
        try query.validate(for: type.shape)
        let capabilities = writer.store.capabilities
        guard capabilities.order >= .partition, !query.isDescending || capabilities.reverseScan else {
            throw RecordError(.unsupported, "The store can't read keys in this order.", ["type": type.name])
        }
        return try QueryPlanner(shape: type.shape, layout: writer.layout, query: query).plan()
    }
}

// MARK: - Totals and repair

extension RecordStore {
    /// A count or a sum.
    public struct Total: Hashable, Sendable {
        /// The number.
        public let value: Int64
        /// Whether it is that of now. Otherwise it is of the last sweep that counted.
        public let isExact: Bool
    }

    /// The count or sum that an index keeps of one group of the records of a partition.
    ///
    /// - Parameters:
    ///   - index: The name of a count or sum index of the type.
    ///   - group: A value for each of its columns.
    ///   - partition: The values of the type's partition key, or the number of the shard.
    public func total<Message>(
        _ index: String,
        of group: Tuple = [],
        in partition: Tuple,
        as type: RecordType<Message>
    ) async throws -> Total {
        guard let index = type.shape.indexes.first(where: { $0.name == index && $0.isAggregate }),
            index.columns.count == group.elements.count
        else {
            throw RecordError(
                .invalidDeclaration,
                "No count or sum of this name and number of columns is declared.",
                ["type": type.name, "index": index]
            )
        }
        let address = RecordAddress(type: type.name, partition: partition, primaryKey: [])
        let name = RecordLayout.name(of: index, type.shape)
        let place = try writer.layout.partition(of: address, type.shape)
        let key = try writer.layout.key(.total, name, group.elements, in: place)
        let doubt = try writer.layout.key(.doubt, name, group.elements, in: place)
        // The doubt is read first where one call is not one moment: one that comes after it is of a later change.
        let isDoubted = try await writer.store.get(doubt) != nil
        let entry = try await writer.store.get(key)
        guard let value = entry.map({ Counter.decode($0.value) }) ?? 0 else {
            throw RecordError.damaged("A total is no number.", ["index": index.name])
        }
        return Total(value: value, isExact: !isDoubted && writer.store.capabilities.batchScope >= .partition)
    }

    /// Finishes what crashed writers have left in the partition of an address, and counts anew what is in doubt.
    ///
    /// - Returns: How many changes and totals are still open, since others were busy with them: sweep again later.
    @discardableResult
    public func sweep(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        return try await Sweeper(repairer: Repairer(writer: writer), shapes: shapes).sweep(partition).left
    }

    /// Holds every record, entry and claim in the partition of an address against each other, and mends what is amiss.
    /// It reads the whole partition.
    ///
    /// - Returns: How many rows were amiss.
    @discardableResult
    public func scrub(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        return try await Scrubber(repairer: Repairer(writer: writer), shapes: shapes).scrub(partition).mended
    }

    /// The same for all global indexes of a type, which it reads whole.
    @discardableResult
    public func scrubGlobalIndexes(of type: String) async throws -> Int {
        let shape = try shape(type)
        let scrubber = Scrubber(repairer: Repairer(writer: writer), shapes: shapes)
        var mended = 0
        for index in shape.indexes {
            guard case .global(let shards) = index.scope else { continue }
            for shard in 0..<shards {
                let place = try writer.layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)]))
                mended += try await scrubber.scrub(place).mended
            }
        }
        return mended
    }

    private func shape(_ type: String) throws(RecordError) -> RecordShape {
        guard let shape = shapes[type] else {
            throw RecordError(.invalidDeclaration, "No record type of this name is declared.", ["type": type])
        }
        return shape
    }
}
