/// What a store says of the records that it holds: their types, and how far each index is.
///
/// It lies in the store beside the records, as JSON, and goes with them when they are copied.
public struct SchemaDescription: Hashable, Sendable, Codable {
    /// How often it has changed. Programs that act on different epochs are at most one step of one index apart.
    public internal(set) var epoch: UInt64
    /// For how many milliseconds a program may act on what it has read of it.
    public internal(set) var leaseMilliseconds: Int64
    /// The types, in the order of their names.
    public internal(set) var types: [RecordTypeDescription]

    /// The description of a type.
    public subscript(type name: String) -> RecordTypeDescription? { types.first { $0.name == name } }
}

/// What is kept of the declaration of a record type.
public struct RecordTypeDescription: Hashable, Sendable, Codable {
    /// A field, or what is known of it from the time when it was declared.
    public struct Field: Hashable, Sendable, Codable {
        /// The name.
        public let name: String
        /// The kind of its values.
        public let kind: FieldKind
        /// Whether a message may have any number of values of it.
        public let isMultiValued: Bool
        /// Its number in the message; nil of a field that the services' own code computes.
        public internal(set) var number: Int?
        /// How the message holds it; nil for plainly.
        public internal(set) var encoding: FieldEncoding?
        /// Whether the message tells one that is not set from one of the default value; nil for no.
        public internal(set) var isOptional: Bool?
        /// Whether it is out of use, and its name and number for ever taken; nil for no.
        public internal(set) var isRetired: Bool?
    }

    /// The name.
    public let name: String
    /// The newest version of the message's schema that was declared.
    public internal(set) var schemaVersion: UInt32
    /// Every field that was ever declared, in the order of their names.
    public internal(set) var fields: [Field]
    /// The group of the partition key.
    public let group: String
    /// The fields of the partition key.
    public let partitionedBy: [String]
    /// Among how many partitions a hash of these fields chooses; nil where their values name the partition.
    public let shards: Int?
    /// The fields of the primary key.
    public let primaryKey: [String]
    /// The field that holds the moment from which a record is gone.
    public let expiry: String?
    /// Whether transactions may ask queries of the type; nil for no.
    public let queriesInTransactions: Bool?
    /// The indexes, in the order of their names.
    public internal(set) var indexes: [IndexDescription]
    /// Whether the type is being removed, so that no program may use it; nil for no.
    public internal(set) var isRetired: Bool?

    /// The description of an index.
    public subscript(index name: String) -> IndexDescription? { indexes.first { $0.name == name } }
}

/// What is kept of the declaration of an index, and its state.
public struct IndexDescription: Hashable, Sendable, Codable {
    /// The name.
    public let name: String
    /// What it does: `value`, `unique`, `count`, or `sum:` and the name of a field.
    public let kind: String
    /// The columns: `field:`, `folded:`, `each:` or `trigrams:`, and the name of a field; `descending:` before it where the
    /// order is from the end.
    public let columns: [String]
    /// Over how many partitions of its own it is spread; nil for one that lies with the records.
    public let shards: Int?
    /// How far it is.
    public internal(set) var state: IndexState
    /// Tells this life of the index from earlier and later ones: drawn when it begins to be kept.
    public internal(set) var generation: UInt64
    /// Of a published count or sum: whether a change has been written in this life of the index that could not be added
    /// to the total over all partitions in the same batch; nil for no. Then that total is of some time ago.
    public internal(set) var isBehind: Bool?
    /// Of a count or sum that is being built: how writers help with it; nil otherwise.
    public internal(set) var counting: CountingPhase?

    /// What tells this life of the index from others, and its stages from one another.
    var life: IndexLife { IndexLife(name: name, generation: generation, counting: counting) }

    /// Whether it takes a field, in a column or in its sum.
    func takes(_ field: String) -> Bool {
        kind == "sum:" + field || columns.contains { KeyExpression($0)?.fieldName == field }
    }

    /// Whether two describe the same index, in whatever state.
    func isAlike(_ other: IndexDescription) -> Bool {
        name == other.name && kind == other.kind && columns == other.columns && shards == other.shards
    }
}

/// A stage of a life of an index.
struct IndexLife: Hashable, Sendable {
    let name: String
    let generation: UInt64
    let counting: CountingPhase?
}
