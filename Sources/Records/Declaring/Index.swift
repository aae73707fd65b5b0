/// What a record type keeps beside its records, so that they are found, kept apart or counted.
public struct Index: Hashable, Sendable {
    /// What the index does.
    public enum Kind: Hashable, Sendable {
        /// Finds records by its columns, in their order.
        case value
        /// The same, and lets no two records have the same values. Records of which a column is null or missing may be
        /// many.
        case unique
        /// Counts the records of each combination of its columns, within each partition, and over all of them if it is
        /// global.
        case count
        /// Sums an integer field of the records of each combination of its columns, in the same way.
        case sum(of: String)
    }

    /// Where the entries lie.
    public enum Scope: Hashable, Sendable {
        /// In the record's partition: found only by who names the partition, and unique only in it.
        case local
        /// In partitions of their own, over which they are spread by a hash: 1 to 256 of them, for ever. A count or a
        /// sum is kept in each partition of records too, and published there: every change of one adds to a row that
        /// all partitions of a shard have in common, where the store's batches reach it.
        case global(shards: Int)
    }

    /// The name, for ever: it is part of the stored keys.
    public let name: String
    /// What the index does.
    public let kind: Kind
    /// The columns. At most one of them fans out to more than one entry.
    public let columns: [KeyExpression]
    /// Where the entries lie.
    public let scope: Scope

    /// An index from its parts.
    public init(_ name: String, _ kind: Kind = .value, on columns: [KeyExpression], scope: Scope = .local) {
        self.name = name
        self.kind = kind
        self.columns = columns
        self.scope = scope
    }

    /// Whether it keeps totals over all partitions.
    var isPublished: Bool { isAggregate && scope != .local }

    var isAggregate: Bool {
        switch kind {
        case .value, .unique: false
        case .count, .sum: true
        }
    }
}
