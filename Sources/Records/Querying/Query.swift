public import Tuples

/// Which records of a type are wanted, in which order, how many at a time.
public struct Query: Hashable, Sendable {
    /// How many records a page may have.
    public static let limitMax = 1_000

    /// What has to hold.
    public var filter: Filter
    /// The values of the type's partition key, or the number of the shard; nil for records of all partitions, or of
    /// those that the filter names.
    public var partition: Tuple?
    /// By what the records are ordered. An index has to keep them in this order, or in the one from the end; behind it is
    /// the index's own, so that no two records are of one place.
    public var order: [SortKey]
    /// Whether the whole order is turned round.
    public var isDescending: Bool
    /// How many records a page has at most, 1 to 1,000.
    public var limit: Int
    /// How many rows of the store are examined for a page, about; then it ends and says that it is partial.
    public var examinedMax: Int
    /// Whether a filter that no index serves may be answered by reading records one after the other.
    public var allowsScan: Bool
    /// Where the page before ended.
    public var cursor: QueryCursor?

    /// A query from its parts.
    public init(
        _ filter: Filter = .everything,
        in partition: Tuple? = nil,
        orderedBy order: [SortKey] = [],
        isDescending: Bool = false,
        limit: Int = 100,
        examinedMax: Int = 10_000,
        allowsScan: Bool = true,
        after cursor: QueryCursor? = nil
    ) {
        self.filter = filter
        self.partition = partition
        self.order = order
        self.isDescending = isDescending
        self.limit = limit
        self.examinedMax = examinedMax
        self.allowsScan = allowsScan
        self.cursor = cursor
    }

    /// Throws unless the query makes sense for a type.
    func validate(for shape: RecordShape) throws(RecordError) {
        guard (1...Query.limitMax).contains(limit), examinedMax > 0 else {
            throw RecordError(
                .tooLarge,
                "A page has 1 to 1,000 records, and at least one row is examined for it.",
                ["limit": "\(limit)", "examinedMax": "\(examinedMax)"]
            )
        }
        try filter.validate(for: shape)
        for key in order { try shape.require(key.field, isMultiValued: false, key.isCaseFolded ? [""] : []) }
        if let partition { try shape.require(partition: partition) }
    }
}

extension RecordShape {
    /// Throws unless a partition is named as the type's partition key has it.
    func require(partition: Tuple) throws(RecordError) {
        let isNamed =
            switch partitionKey.kind {
            case .shards(let count, _):
                if partition.elements.count == 1, case .integer(let shard)? = partition.elements.first {
                    (0..<Int64(count)).contains(shard)
                } else {
                    false
                }
            case .fields(let names):
                names.count == partition.elements.count
                    && zip(names, partition.elements).allSatisfy { fields[$0]?.kind.admits($1) ?? false }
            }
        guard isNamed else {
            throw RecordError(
                .wrongKind,
                "A partition is named by a value for each field of the partition key, or by the number of a shard.",
                ["type": name, "fields": partitionKey.fieldNames.joined(separator: ",")]
            )
        }
    }
}

/// One page of what a query found.
public struct QueryPage<Message: Sendable>: Sendable {
    /// The records, in the query's order.
    public let records: [RecordStore.Stored<Message>]
    /// Where to go on; nil when there is nothing more.
    public let cursor: QueryCursor?
    /// Whether the page ended since enough rows were examined for it, with fewer records than there may be.
    public let isPartial: Bool
    /// How many rows of the store were examined.
    public let examined: Int
}
