public import KeyValue
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
    let writer: RecordWriter
    let schema: SchemaKeeper
    let shapes: [String: RecordShape]
    let cursorKey: CursorKey

    /// Opens records in a store, under a namespace that keeps them apart from others' in the same store, and brings the
    /// declarations into the schema that the store keeps of it. <doc:DeclaringRecords> tells which changes are allowed.
    ///
    /// - Parameters:
    ///   - store: The store, which stays the caller's to close.
    ///   - namespace: The name of the records' part of the store, 1 to 24 bytes long.
    ///   - types: The record types that this program declares.
    ///   - environment: The time and the randomness that records need.
    ///   - schemaLease: For how long a program acts on what it has read of the schema, 10 milliseconds to an hour, and
    ///     the longest that a call of the store may take. It is that of who opens the namespace first. A change of an
    ///     index's state waits for twice as long.
    ///   - cursorKey: The secret that the cursors of queries are sealed with.
    ///   - consistency: The least that the service makes do with: `exclusiveWrites` accepts that a read
    ///     shows what is no longer so, and that a failover may lose changes that were acknowledged. Totals are never
    ///     exact then.
    ///   - wallClock: The time of day, which records' expiry is compared with.
    /// - Throws: ``RecordError/Code/unsupported`` for a store of less consistency or without conditional writes,
    ///   ``RecordError/Code/invalidDeclaration`` for two types of one name, ``RecordError/Code/forbiddenChange`` for a
    ///   declaration that the stored records would not survive, and ``RecordError/Code/outdatedSchema`` where an index is
    ///   kept that the declarations don't have.
    public static func open(
        _ store: any KeyValueStore,
        namespace: String,
        types: [any RecordTypeDeclaration],
        cursorKey: CursorKey,
        requiring consistency: Consistency = .linearizable,
        schemaLease: Duration = .seconds(30),
        environment: StoreEnvironment = .live,
        wallClock: @escaping @Sendable () -> Timestamp
    ) async throws -> RecordStore {
        let capabilities = store.capabilities
        guard capabilities.conditionalWrite, capabilities.consistency >= max(consistency, .exclusiveWrites)
        else {
            throw RecordError(
                .unsupported,
                "Records need a store of conditional writes that exclude each other, and of the consistency asked for."
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
            try RecordWriter.requireScope(for: type.shape, capabilities)
        }
        let layout = RecordLayout(namespace: namespace)
        let schema = try SchemaKeeper(store: store, layout: layout, declared: shapes, environment: environment)
        try await schema.open(lease: schemaLease)
        try await schema.refresh()
        var writer = RecordWriter(store: store, layout: layout, environment: environment, wallClock: wallClock)
        writer.schema = schema
        return RecordStore(writer: writer, schema: schema, shapes: shapes, cursorKey: cursorKey)
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
        /// The row, where it was read by its key, and the message's part of it.
        let row: (entry: Entry, body: ArraySlice<UInt8>)?

        init(message: Message, version: RecordVersion, row: (entry: Entry, body: ArraySlice<UInt8>)? = nil) {
            self.message = message
            self.version = version
            self.row = row
        }
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
        try await stored(at: try key(of: address, type), type)
    }

    /// The record that has these values in the columns of a unique index; nil where none has, or none any more.
    ///
    /// It costs two reads, whatever the number of shards and records. Which record holds the values, and what it is, are
    /// seen one after the other; if it is another's meanwhile, there was a moment at which nobody held them.
    ///
    /// - Parameters:
    ///   - values: A value for each of the index's columns.
    ///   - index: The name of a global unique index.
    ///   - type: The record type.
    /// - Throws: ``RecordError/Code/notServed`` where the type has no such index, or readers may not use it yet.
    public func get<Message>(
        holding values: Tuple,
        of index: String,
        as type: RecordType<Message>
    ) async throws -> Stored<Message>? {
        let shape = try await schema.view().reading(type.shape)
        guard let place = shape.indexes.firstIndex(where: { $0.name == index && $0.kind == .unique }),
            case let found = shape.indexes[place], found.scope != .local, found.columns.count == values.elements.count
        else {
            throw RecordError(
                .notServed,
                "Values are looked up in a global unique index that is readable, and all of its columns are given.",
                ["type": type.name, "index": index]
            )
        }
        let name = shape.encodedNames[place]
        let columns = try RecordLayout.encode(values)
        let partition = Projection.place(of: found, name, spreadBy: columns, [], writer.layout)
        let claim = try writer.layout.key(.claim, ofIndex: name, columns, in: partition)
        guard let entry = try await writer.store.get(claim) else { return nil }
        let key = try ClaimRow(entry.value).holder
        // A claim may be older than the record, or left over from another value.
        return try await stored(at: key, type) { body throws(RecordError) in
            try Projection.columns(of: found, try type.shape.extract(body)).contains { $0.bytes == columns }
        }
    }

    /// The record at a key, if it has not expired and is as it is wanted.
    private func stored<Message>(
        at key: Key,
        _ type: RecordType<Message>,
        if isWanted: (ArraySlice<UInt8>) throws(RecordError) -> Bool = { _ in true }
    ) async throws -> Stored<Message>? {
        guard let entry = try await writer.store.get(key) else { return nil }
        do throws(RecordError) {
            let envelope = try Envelope(entry.value, of: type.shape)
            guard try !type.isExpired(envelope.body, now: writer.wallClock), try isWanted(envelope.body) else {
                return nil
            }
            let message = try type.decode(envelope.body)
            return Stored(message: message, version: envelope.version, row: (entry, envelope.body))
        } catch {
            throw error.at(key)
        }
    }

    /// Stores a message as its record, in place of the one with the same keys.
    @discardableResult
    public func save<Message>(
        _ message: Message,
        as type: RecordType<Message>,
        if condition: Condition = .none
    ) async throws -> Receipt {
        let content = try type.content(of: message)
        let address = try type.shape.address(of: content.values)
        // An insert mostly finds nothing, so it looks only if that is not so. Where it takes several steps, it looks first.
        let isBlind = condition == .absent && writer.store.capabilities.batchScope == .store
        return try await apply(try key(of: address, type), condition, isBlind ? .vacant : .nothing, type) { _ in
            .content(content)
        }
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
        try await apply(try key(of: address, type), condition, .nothing, type, RecordStore.editing(nil, type, edit))
    }

    /// Changes a record as the one by its address does, and begins with what was read of it, without reading it again. If
    /// others have changed it since, `edit` is called again, with what they made of it.
    @discardableResult
    public func update<Message>(
        _ stored: Stored<Message>,
        as type: RecordType<Message>,
        if condition: Condition = .present,
        _ edit: @escaping @Sendable (inout Message) throws -> Void
    ) async throws -> Receipt {
        guard let row = stored.row else {
            return try await update(try type.address(of: stored.message), as: type, if: condition, edit)
        }
        let editing = RecordStore.editing(stored, type, edit)
        return try await apply(row.entry.key, condition, .entry(row.entry), type, editing)
    }

    private static func editing<Message>(
        _ stored: Stored<Message>?,
        _ type: RecordType<Message>,
        _ edit: @escaping @Sendable (inout Message) throws -> Void
    ) -> @Sendable (ArraySlice<UInt8>?) throws -> Edited {
        { body in
            guard let body else {
                throw RecordError(.notFound, "There is no record with this primary key.", ["type": type.name])
            }
            // What was read is mostly what is there still, and is decoded already.
            var message = if let stored, stored.row?.body == body { stored.message } else { try type.decode(body) }
            try edit(&message)
            return .content(try type.content(of: message))
        }
    }

    /// Deletes a record.
    @discardableResult
    public func delete<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>,
        if condition: Condition = .none
    ) async throws -> Receipt {
        try await apply(try key(of: address, type), condition, .nothing, type) { _ in .deleted }
    }

    func key<Message>(of address: RecordAddress, _ type: RecordType<Message>) throws(RecordError) -> Key {
        guard address.type == type.name, shapes[type.name] != nil else {
            throw RecordError(
                .invalidDeclaration,
                "The address is of a type that this record store does not have.",
                ["type": address.type]
            )
        }
        let key = try writer.layout.key(of: address, type.shape)
        try ChangeAttempt.requireRoom(for: key, of: type.shape, writer.store.capabilities.limits)
        return key
    }

    private func apply<Message>(
        _ key: Key,
        _ condition: Condition,
        _ knowledge: Change.Knowledge,
        _ type: RecordType<Message>,
        _ edit: @escaping @Sendable (ArraySlice<UInt8>?) throws -> Edited
    ) async throws -> Receipt {
        let change = Change(key: key, condition: condition.wanted, knowing: knowledge, editing: edit)
        let receipt = try await writer.apply(change, type.shape)
        return Receipt(
            version: receipt.version,
            existed: receipt.existed,
            indexesPending: receipt.indexesPending
        )
    }
}
