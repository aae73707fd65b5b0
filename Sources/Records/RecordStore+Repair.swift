import KeyValue
public import Tuples

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
    ///   - type: The record type.
    public func total<Message>(
        _ index: String,
        of group: Tuple = [],
        in partition: Tuple,
        as type: RecordType<Message>
    ) async throws -> Total {
        try await total(index, of: group, in: [partition], as: type)
    }

    func total<Message>(
        _ index: String,
        of group: Tuple,
        in partitions: [Tuple],
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
        let view = try await schema.view()
        guard view.description.state(of: index, type.shape) == .readable else {
            throw RecordError(
                .indexNotReady,
                "The total is not counted yet: build its index.",
                ["type": type.name, "index": index.name]
            )
        }
        let name = RecordLayout.name(of: index, type.shape)
        var totals: Set<Key> = []
        var doubts: Set<Key> = []
        for partition in partitions {
            let address = RecordAddress(type: type.name, partition: partition, primaryKey: [])
            let place = try writer.layout.partition(of: address, type.shape)
            totals.insert(try writer.layout.key(.total, name, group.elements, in: place))
            doubts.insert(try writer.layout.key(.doubt, name, group.elements, in: place))
        }
        // The doubt is read first where one call is not one moment: one that comes after it is of a later change.
        let isDoubted = try await writer.rows(at: doubts).values.contains { !$0.isTombstone }
        var sum: Int64 = 0
        for entry in try await writer.rows(at: totals).values where !entry.isTombstone {
            guard let value = Counter.decode(entry.value) else {
                throw RecordError.damaged("A total is no number.", ["index": index.name])
            }
            let (added, overflows) = sum.addingReportingOverflow(value)
            guard !overflows else {
                throw RecordError(
                    .tooLarge,
                    "The total over all partitions leaves the range of a 64-bit integer: ask for that of each.",
                    ["type": type.name, "index": index.name]
                )
            }
            sum = added
        }
        let capabilities = writer.store.capabilities
        let isCurrent = capabilities.batchScope >= .partition && capabilities.consistency == .linearizable
        let isOneMoment =
            totals.count == 1 || (capabilities.snapshotReads && totals.count <= capabilities.limits.getKeysMax)
        return Total(value: sum, isExact: !isDoubted && isCurrent && isOneMoment)
    }

    /// Finishes what crashed writers have left in the partition of an address, and counts anew what is in doubt.
    ///
    /// - Returns: How many changes and totals are still open, since others were busy with them: sweep again later.
    @discardableResult
    public func sweep(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        let shapes = try await schema.view().shapes
        return try await Sweeper(repairer: Repairer(writer: writer), shapes: shapes).sweep(partition).left
    }

    /// Holds every record, entry and claim in the partition of an address against each other, and mends what is amiss.
    /// It reads the whole partition.
    ///
    /// - Returns: How many rows were amiss.
    @discardableResult
    public func scrub(partitionOf address: RecordAddress) async throws -> Int {
        let partition = try writer.layout.partition(of: address, try shape(address.type))
        let shapes = try await schema.view().shapes
        return try await Scrubber(repairer: Repairer(writer: writer), shapes: shapes).scrub(partition).mended
    }

    /// The same for all global indexes of a type, which it reads whole.
    @discardableResult
    public func scrubGlobalIndexes(of type: String) async throws -> Int {
        let shapes = try await schema.view().shapes
        let shape = try shapes[type] ?? shape(type)
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

    func shape(_ type: String) throws(RecordError) -> RecordShape {
        guard let shape = shapes[type] else {
            throw RecordError(.invalidDeclaration, "No record type of this name is declared.", ["type": type])
        }
        return shape
    }
}
