extension RecordTypeDescription {
    /// That of a declared type, all of its indexes in one state.
    init(_ shape: RecordShape, _ state: IndexState) {
        self.init(
            name: shape.name,
            schemaVersion: shape.schemaVersion,
            fields: shape.fields.values
                .map { Field($0) }
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

extension RecordTypeDescription.Field {
    init(_ field: FieldDeclaration) {
        self.init(
            name: field.name,
            kind: field.kind,
            isMultiValued: field.isMultiValued,
            number: field.stored?.number,
            encoding: field.stored.flatMap { $0.encoding == .plain ? nil : $0.encoding },
            isOptional: field.stored.flatMap { $0.isOptional && !field.isMultiValued ? true : nil },
            isRetired: field.isRetired ? true : nil
        )
    }

    /// Whether two describe the same values, wherever they come from.
    func isAlike(_ other: RecordTypeDescription.Field) -> Bool {
        kind == other.kind && isMultiValued == other.isMultiValued
            && (number == nil || other.number == nil
                || (number == other.number && encoding == other.encoding && isOptional == other.isOptional))
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
        case .descending(let column): "descending:" + column.text
        }
    }
}
