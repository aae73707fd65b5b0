import Tuples

/// A record type without the type of its messages: all that keys, indexes and writing need.
struct RecordShape: Sendable {
    let name: String
    let schemaVersion: UInt32
    let fields: [String: FieldDeclaration]
    let partitionKey: PartitionKey
    let primaryKey: [String]
    private(set) var indexes: [Index]
    /// The name of each of the indexes as it stands in keys, encoded: at its place among them.
    private(set) var encodedNames: [[UInt8]]
    /// The field that holds the moment from which the record is gone.
    let expiryField: String?
    /// Whether every change of a record leaves a stamp in its partition, so that transactions may ask queries.
    let isStamped: Bool
    /// The published counts and sums that the schema still says to be exact.
    var exact: Set<String> = []
    /// The counts and sums whose records are still being counted.
    var counting: [String: CountingEpoch] = [:]
    /// The declared fields of an encoded message.
    let extract: @Sendable (ArraySlice<UInt8>) throws(RecordError) -> FieldValues

    init(
        name: String,
        schemaVersion: UInt32,
        fields: [String: FieldDeclaration],
        partitionKey: PartitionKey,
        primaryKey: [String],
        indexes: [Index],
        expiryField: String?,
        isStamped: Bool,
        extract: @escaping @Sendable (ArraySlice<UInt8>) throws(RecordError) -> FieldValues
    ) {
        self.name = name
        self.schemaVersion = schemaVersion
        self.fields = fields
        self.partitionKey = partitionKey
        self.primaryKey = primaryKey
        self.indexes = indexes
        self.expiryField = expiryField
        self.isStamped = isStamped
        self.extract = extract
        encodedNames = indexes.map { RecordLayout.encodedName(of: $0, ofType: name) }
    }

    /// The same with some of its indexes only.
    func keeping(_ isKept: (Index) -> Bool) -> RecordShape {
        var shape = self
        let kept = indexes.indices.filter { isKept(indexes[$0]) }
        shape.indexes = kept.map { indexes[$0] }
        shape.encodedNames = kept.map { encodedNames[$0] }
        return shape
    }

    /// Throws unless everything that the declaration names is there and can be kept.
    func validate() throws(RecordError) {
        try RecordShape.validate(name: name)
        try RecordShape.validate(name: partitionKey.group)
        for field in fields.values { try validate(field) }
        guard !primaryKey.isEmpty else {
            throw invalid("A primary key has at least one field.", nil)
        }
        for field in primaryKey + partitionKey.fieldNames { try requireSingle(field) }
        if case .shards(let count, _) = partitionKey.kind, !(1...4_096).contains(count) {
            throw invalid("A partition key has 1 to 4,096 shards.", nil)
        }
        if let expiryField {
            try requireSingle(expiryField)
            guard fields[expiryField]?.kind == .timestamp else {
                throw invalid("An expiry is a timestamp.", expiryField)
            }
        }
        var names: Set<String> = []
        for index in indexes {
            guard names.insert(index.name).inserted else { throw invalid("Two indexes have one name.", index.name) }
            try validate(index)
        }
    }

    private func validate(_ field: FieldDeclaration) throws(RecordError) {
        guard let stored = field.stored else { return }
        guard (1..<1 << 29).contains(stored.number), stored.encoding.suits(field.kind) else {
            throw invalid("A field's number is 1 to 536,870,911, and its encoding is one of its kind.", field.name)
        }
        guard field.isRetired else { return }
        let others = fields.values.filter { !$0.isRetired && $0.stored?.number == stored.number }
        guard let other = others.min(by: { $0.name < $1.name }) else { return }
        throw invalid("The number of a retired field is no other field's: take a new one.", other.name)
    }

    private func validate(_ index: Index) throws(RecordError) {
        try RecordShape.validate(name: index.name)
        guard !index.columns.isEmpty || index.isAggregate else {
            throw invalid("An index has at least one column; only a total needs none.", index.name)
        }
        guard index.columns.count(where: \.fansOut) <= 1 else {
            throw invalid("At most one column of an index fans out.", index.name)
        }
        for column in index.columns { try validate(column, of: index) }
        switch (index.kind, index.scope) {
        case (_, .global(let shards)) where !(1...256).contains(shards):
            throw invalid("A global index has 1 to 256 shards.", index.name)
        default: break
        }
        if case .sum(let field) = index.kind {
            try requireSingle(field)
            guard fields[field]?.kind == .integer else { throw invalid("Only integers are summed.", index.name) }
        }
    }

    private func validate(_ column: KeyExpression, of index: Index) throws(RecordError) {
        guard let field = fields[column.fieldName] else { throw unknown(column.fieldName) }
        try requireInUse(field)
        switch column {
        case .field: try requireSingle(field.name)
        case .each:
            guard field.isMultiValued else { throw invalid("The field has one value: name it plainly.", field.name) }
        case .caseFolded, .trigrams:
            try requireSingle(field.name)
            guard field.kind == .string else { throw invalid("Only text has case and parts.", field.name) }
        case .descending(let inner):
            guard index.kind == .value, inner.sortKey?.isDescending == false else {
                throw invalid("Only a field or a text in lower case goes down, and in a value index.", field.name)
            }
            try validate(inner, of: index)
        }
        if index.kind == .unique, case .trigrams = column {
            throw invalid("Parts of a text are never unique.", index.name)
        }
        if index.isAggregate, case .trigrams = column {
            throw invalid("Parts of a text are no group: count by a field's values.", index.name)
        }
    }

    private func requireInUse(_ field: FieldDeclaration) throws(RecordError) {
        guard field.isRetired else { return }
        throw invalid("No key, index or expiry takes a field that is retired.", field.name)
    }

    private func requireSingle(_ name: String) throws(RecordError) {
        guard let field = fields[name] else { throw unknown(name) }
        try requireInUse(field)
        guard !field.isMultiValued else {
            throw invalid("The field has many values here, where it needs exactly one.", name)
        }
    }

    private func unknown(_ field: String) -> RecordError {
        RecordError(.unknownField, "No field of this name is declared.", ["type": name, "field": field])
    }

    private func invalid(_ message: StaticString, _ subject: String?) -> RecordError {
        var metadata = ["type": name]
        metadata["name"] = subject
        return RecordError(.invalidDeclaration, message, metadata)
    }

    /// Names are part of stored keys, so they are short and plain.
    private static func validate(name: String) throws(RecordError) {
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard isPlain, (1...24).contains(name.utf8.count) else {
            throw RecordError(
                .invalidDeclaration,
                "A name is 1 to 24 lower-case letters, digits and underscores.",
                ["name": name]
            )
        }
    }
}
