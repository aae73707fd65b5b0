import KeyValue
public import Tuples

extension RecordStore {
    /// A count or a sum.
    public struct Total: Hashable, Sendable {
        /// The number.
        public let value: Int64
        /// Whether it is that of now. Otherwise it is of the last sweep that counted, or counts records of a type that
        /// expires too that have expired and are still to be swept.
        public let isExact: Bool
        /// The moment before which no change is missing, by the clock of the sweep that began then; nil for a total that
        /// is exact, one of a partition, and one that no round of sweeping has published yet.
        public let asOf: Timestamp?

        init(value: Int64, isExact: Bool, asOf: Timestamp? = nil) {
            self.value = value
            self.isExact = isExact
            self.asOf = isExact ? nil : asOf
        }
    }

    /// The count or sum that an index keeps of one group of the records of a partition. Of a type whose records expire
    /// it is never exact, since it has those too that are still to be swept; ``count(_:as:)`` leaves them out.
    ///
    /// - Parameters:
    ///   - index: The name of a count or sum index of the type.
    ///   - group: A value for each of its columns.
    ///   - partition: The values of the type's partition key, or the number of the shard.
    ///   - type: The record type.
    public func total<Message>(
        _ index: String,
        of group: Tuple = [],
        in partition: Tuple,
        as type: RecordType<Message>
    ) async throws -> Total {
        let found = try await totalIndex(index, group, type.shape)
        return try await total(found, of: group, in: [partition], type.shape)
    }

    /// The count or sum that an index keeps of one group of all records of a type, whatever their number and that of
    /// their partitions.
    ///
    /// A global index publishes its totals: it costs one read for each of its shards. Where the store's batches reach
    /// the whole store, and always have since the index was built, the total is exact; elsewhere it is that of the
    /// last round of ``sweepAll(pace:)``, and ``Total/asOf`` says when that began. To get back from there, drop the
    /// index and build it again. Of a local index, only a type whose partitions are shards has such a total: that of
    /// each shard, added up. Of a type whose records expire it is never exact, since it has those too that are still to be
    /// swept; ``count(_:as:)`` leaves them out.
    ///
    /// - Returns: The total; exact where what is added up is, and is read as of one moment.
    /// - Throws: ``RecordError/Code/unsupported`` for a local index of a type whose partitions are values of fields.
    public func total<Message>(
        _ index: String,
        of group: Tuple = [],
        as type: RecordType<Message>
    ) async throws -> Total {
        let found = try await totalIndex(index, group, type.shape)
        if found.isPublished { return try await published(found, of: group, type.shape) }
        guard case .shards(let count, _) = type.shape.partitionKey.kind else {
            throw RecordError(
                .unsupported,
                """
                A local total of a type whose partitions are not shards is kept of each partition: name the partition, \
                or declare a global index.
                """,
                ["type": type.name, "index": index]
            )
        }
        let partitions = (0..<count).map { Tuple([TupleElement($0)]) }
        return try await total(found, of: group, in: partitions, type.shape)
    }

    private func totalIndex(_ name: String, _ group: Tuple, _ shape: RecordShape) async throws -> Index {
        guard let index = shape.indexes.first(where: { $0.name == name && $0.isAggregate }),
            index.columns.count == group.elements.count
        else {
            throw RecordError(
                .invalidDeclaration,
                "No count or sum of this name and number of columns is declared.",
                ["type": shape.name, "index": name]
            )
        }
        guard try await schema.view().description.state(of: index, shape) == .readable else {
            throw RecordError(
                .indexNotReady,
                "The total is not counted yet: build its index.",
                ["type": shape.name, "index": name]
            )
        }
        return index
    }

    private func total(
        _ index: Index,
        of group: Tuple,
        in partitions: [Tuple],
        _ shape: RecordShape
    ) async throws -> Total {
        let name = RecordLayout.name(of: index, shape)
        var totals: Set<Key> = []
        var doubts: Set<Key> = []
        for partition in partitions {
            let address = RecordAddress(type: shape.name, partition: partition, primaryKey: [])
            let place = try writer.layout.partition(of: address, shape)
            totals.insert(try writer.layout.key(.total, name, group.elements, in: place))
            doubts.insert(try writer.layout.key(.doubt, name, group.elements, in: place))
        }
        // The doubt is read first where one call is not one moment: one that comes after it is of a later change.
        let isDoubted = try await writer.rows(at: doubts).values.contains { !$0.isTombstone }
        let value = try sum(try await writer.rows(at: totals).values, index)
        let isCurrent = writer.store.capabilities.batchScope >= .partition && shape.expiryField == nil
        return Total(value: value, isExact: !isDoubted && isCurrent && isOneMoment(totals.count))
    }

    private func published(_ index: Index, of group: Tuple, _ shape: RecordShape) async throws -> Total {
        guard case .global(let shards) = index.scope else { return Total(value: 0, isExact: false) }
        let name = RecordLayout.name(of: index, shape)
        let schemaKey = try writer.layout.schemaKey()
        let moment = try writer.layout.key(.moment, name, [], in: schemaKey.partition)
        var keys: Set<Key> = [schemaKey, moment]
        for shard in 0..<shards {
            let place = try writer.layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)]))
            keys.insert(try writer.layout.key(.total, name, group.elements, in: place))
        }
        // The schema is read along with the sums: whoever leaves one behind says so in it first.
        var found = try await writer.rows(at: keys)
        let description = try found.removeValue(forKey: schemaKey).map { (row) throws(RecordError) in
            try SchemaRow(row.value).description
        }
        let asOf = try found.removeValue(forKey: moment).map { (row) throws(RecordError) in
            try MomentRow(row.value).moment
        }
        let isBehind = description?[type: shape.name]?[index: index.name]?.isBehind
        let isCurrent =
            writer.store.capabilities.batchScope == .store && isBehind != true && shape.expiryField == nil
        let isExact = isCurrent && isOneMoment(keys.count)
        return Total(value: try sum(found.values, index), isExact: isExact, asOf: asOf)
    }

    /// Whether so many keys are read as of one moment, which is that of now.
    private func isOneMoment(_ count: Int) -> Bool {
        let capabilities = writer.store.capabilities
        guard capabilities.consistency == .linearizable else { return false }
        return count == 1 || (capabilities.snapshotReads && count <= capabilities.limits.getKeysMax)
    }

    private func sum(_ rows: some Sequence<Entry>, _ index: Index) throws(RecordError) -> Int64 {
        var sum: Int64 = 0
        for entry in rows where !entry.isTombstone {
            guard let value = Counter.decode(entry.value) else {
                throw .damaged("A total is no number.", ["index": index.name, "key": "\(entry.key)"])
            }
            let (added, overflows) = sum.addingReportingOverflow(value)
            guard !overflows else {
                throw RecordError(
                    .tooLarge,
                    "The total over all partitions leaves the range of a 64-bit integer: ask for that of each.",
                    ["index": index.name]
                )
            }
            sum = added
        }
        return sum
    }
}
