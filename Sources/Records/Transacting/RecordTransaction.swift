import KeyValue
import Tuples

/// A transaction as its body sees it: the records of one partition, with the changes that the body has made so far.
///
/// Changes are kept here until the body returns. It is for the body alone, and for one call at a time.
public final class RecordTransaction {
    private let records: RecordStore
    private let writer: RecordWriter
    private let view: SchemaView
    private let partition: [UInt8]
    private var rows: [Key: RecordRow] = [:]
    /// What has to be as it was read.
    private var reads: [Key: Precondition] = [:]
    private var staged: [Key: StagedChange] = [:]

    init(_ records: RecordStore, _ view: SchemaView, partition: [UInt8]) {
        self.records = records
        self.view = view
        self.partition = partition
        let now = records.writer.wallClock()
        var writer = RecordWriter(
            store: records.writer.store,
            layout: records.writer.layout,
            environment: records.writer.environment,
            wallClock: { now }
        )
        writer.rules = records.writer.rules
        writer.schema = records.writer.schema
        self.writer = writer
    }

    /// The record at an address; nil where there is none, or none any more.
    public func get<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>
    ) async throws -> RecordStore.Stored<Message>? {
        guard let live = try await live(try key(of: address, type), view.writing(type.shape)) else { return nil }
        return RecordStore.Stored(
            message: try type.decode(live.body),
            version: live.version
        )
    }

    /// One page of the records of the partition that a query asks for, as ``RecordStore/find(_:as:)`` does. A cursor
    /// goes on where the page before ended only if no change was made in between.
    ///
    /// - Throws: ``RecordError/Code/unsupported`` for a type that was declared without `queriesInTransactions`.
    public func find<Message>(_ query: Query, as type: RecordType<Message>) async throws -> QueryPage<Message> {
        guard let named = query.partition,
            try writer.layout.partition(
                of: RecordAddress(type: type.name, partition: named, primaryKey: []),
                type.shape
            ) == partition
        else { throw RecordTransaction.elsewhere(type.name) }
        guard let stamp = try writer.layout.stamp(of: type.shape, in: partition) else {
            throw RecordError(
                .unsupported,
                "Transactions can't ask queries of this type: declare it with queriesInTransactions.",
                ["type": type.name]
            )
        }
        if writer.rules.contains(.stampFirst) { try await note(stamp) }
        let page = try await records.find(query, type, view, writer, staged)
        if !writer.rules.contains(.stampFirst) { try await note(stamp) }
        return page
    }

    /// Stages a message as its record, in place of the one with the same keys.
    ///
    /// - Returns: The version that the record is going to have.
    @discardableResult
    public func save<Message>(
        _ message: Message,
        as type: RecordType<Message>,
        if condition: RecordStore.Condition = .none
    ) async throws -> RecordVersion {
        let content = try type.content(of: message)
        let address = try type.shape.address(of: content.values)
        return try await stage(content, at: try key(of: address, type), condition, type).version
    }

    /// Stages what `edit` makes of a record that is there. Keys can't be changed.
    @discardableResult
    public func update<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>,
        _ edit: (inout Message) throws -> Void
    ) async throws -> RecordVersion {
        guard var message = try await get(address, as: type)?.message else {
            throw RecordError(.notFound, "There is no record with this primary key.", ["type": type.name])
        }
        try edit(&message)
        return try await stage(try type.content(of: message), at: try key(of: address, type), .present, type).version
    }

    /// Stages the deletion of a record.
    ///
    /// - Returns: Whether there is one.
    @discardableResult
    public func delete<Message>(
        _ address: RecordAddress,
        as type: RecordType<Message>,
        if condition: RecordStore.Condition = .none
    ) async throws -> Bool {
        try await stage(nil, at: try key(of: address, type), condition, type).existed
    }
}

extension RecordTransaction {
    /// The end of the transaction; or, without its changes, a look at what it read.
    func makeCommit(changing: Bool = true) -> TransactionCommit {
        TransactionCommit(writer, view, reads: reads, staged: changing ? staged : [:], rows: rows)
    }

    private static func elsewhere(_ type: String) -> RecordError {
        RecordError(
            .invalidDeclaration,
            "The record or the query is not of the transaction's partition: a transaction stays in one.",
            ["type": type]
        )
    }

    private func key<Message>(of address: RecordAddress, _ type: RecordType<Message>) throws(RecordError) -> Key {
        let key = try records.key(of: address, type)
        guard key.partition == partition else { throw RecordTransaction.elsewhere(type.name) }
        return key
    }

    /// The record as the transaction sees it.
    private func live(_ key: Key, _ shape: RecordShape) async throws -> Envelope? {
        if let change = staged[key] { return change.envelope }
        return try await row(key, shape).live
    }

    /// The row as it was read first: what changes later fails the transaction at its end.
    private func row(_ key: Key, _ shape: RecordShape) async throws -> RecordRow {
        if let row = rows[key] { return row }
        try requireRoom()
        let row = try await writer.read(key, shape)
        rows[key] = row
        if writer.rules.contains(.validateReads) { reads[key] = row.unchanged }
        return row
    }

    private func note(_ stamp: Key) async throws {
        guard reads[stamp] == nil, writer.rules.contains(.validateRanges) else { return }
        try requireRoom()
        let entry = try await writer.store.get(stamp, ReadOptions(includesTombstones: true))
        reads[stamp] = entry.map { .revision($0.revision) } ?? .vacant
    }

    /// Everything that was read is looked at in the batch at the end.
    private func requireRoom() throws(RecordError) {
        let most = writer.store.capabilities.limits.batchOperationsMax
        guard rows.count + 1 < most else {
            throw RecordError(
                .tooLarge,
                "The transaction reads more records than a batch of the store can check: make it smaller.",
                ["maximum": "\(most)"]
            )
        }
    }

    private func stage<Message>(
        _ content: RecordContent?,
        at key: Key,
        _ condition: RecordStore.Condition,
        _ type: RecordType<Message>
    ) async throws -> (version: RecordVersion, existed: Bool) {
        let shape = view.writing(type.shape)
        // The row is read also where the condition is none: its indexes change along with it.
        _ = try await row(key, shape)
        let live = try await live(key, shape)
        try Change(key: key, condition: condition.wanted, editing: { _ in .deleted }).judge(live, shape)
        let version = RecordVersion(high: writer.environment.random(), low: writer.environment.random())
        staged[key] = try StagedChange(content, at: key, shape, version, writer.layout)
        return (version, live != nil)
    }
}
