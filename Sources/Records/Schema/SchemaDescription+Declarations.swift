extension RecordTypeDescription {
    /// That of a declared type, all of its indexes in one state.
    init(_ shape: RecordShape, _ state: IndexState) {
        self.init(
            name: shape.name,
            schemaVersion: shape.schemaVersion,
            fields: shape.fields.values
                .map { Field(name: $0.name, kind: $0.kind, isMultiValued: $0.isMultiValued) }
                .sorted { $0.name < $1.name },
            group: shape.partitionKey.group,
            partitionedBy: shape.partitionKey.fieldNames,
            shards: shape.partitionKey.shards,
            primaryKey: shape.primaryKey,
            expiry: shape.expiryField,
            queriesInTransactions: shape.isStamped ? true : nil,
            indexes: shape.indexes.map { IndexDescription($0, state) }.sorted { $0.name < $1.name }
        )
    }
}

extension IndexDescription {
    init(_ index: Index, _ state: IndexState) {
        self.init(
            name: index.name,
            kind: index.kind.text,
            columns: index.columns.map(\.text),
            shards: index.shards,
            state: state,
            generation: 0
        )
    }
}

extension PartitionKey {
    fileprivate var shards: Int? {
        switch kind {
        case .fields: nil
        case .shards(let count, _): count
        }
    }
}

extension Index {
    fileprivate var shards: Int? {
        switch scope {
        case .local: nil
        case .global(let shards): shards
        }
    }
}

extension Index.Kind {
    fileprivate var text: String {
        switch self {
        case .value: "value"
        case .unique: "unique"
        case .count: "count"
        case .sum(let field): "sum:" + field
        }
    }
}

extension KeyExpression {
    fileprivate var text: String {
        switch self {
        case .field(let name): "field:" + name
        case .caseFolded(let name): "folded:" + name
        case .each(let name): "each:" + name
        case .trigrams(let name): "trigrams:" + name
        }
    }
}
