public import Tuples

extension RecordType where Message == StoredMessage {
    /// The type that a store's schema describes, with its fields read by their numbers and all of its indexes: what reads
    /// and repairs records without the generated code of their messages.
    ///
    /// Fields that the services compute, and which have no number, are left out: a filter can't name them.
    /// - Throws: ``RecordError/Code/unsupported`` with the name of such a field where a key, the expiry or an index needs
    ///   it, and ``RecordError/Code/newerVersion`` for an index of a kind that this release does not know.
    public init(describedBy description: RecordTypeDescription) throws(RecordError) {
        let fields = description.fields.compactMap { field in
            field.number.map { number in
                let stored = WireField(
                    number: number,
                    encoding: field.encoding ?? .plain,
                    isOptional: field.isOptional ?? field.isMultiValued
                )
                let declared = Field<StoredMessage>(
                    field.name,
                    field.kind,
                    isMultiValued: field.isMultiValued,
                    .stored(stored)
                )
                return field.isRetired == true ? declared.retired() : declared
            }
        }
        var indexes: [Index] = []
        for index in description.indexes { indexes.append(try Index(describedBy: index, of: description.name)) }
        let needed = description.primaryKey + description.partitionedBy + (description.expiry.map { [$0] } ?? [])
        for name in needed + indexes.flatMap(\.fieldNames) where !fields.contains(where: { $0.name == name }) {
            throw RecordError(
                .unsupported,
                """
                A key or an index takes a field that only the service's own code can read: have the service declare it \
                by its number in the message.
                """,
                ["type": description.name, "field": name]
            )
        }
        try self.init(
            description.name,
            schemaVersion: description.schemaVersion,
            fields: fields,
            partitionedBy: description.shards.map {
                .shards($0, of: description.partitionedBy, group: description.group)
            } ?? .fields(description.partitionedBy, group: description.group),
            primaryKey: description.primaryKey,
            indexes: indexes,
            expiry: description.expiry,
            queriesInTransactions: description.queriesInTransactions ?? false,
            decoding: { StoredMessage(bytes: Array($0)) },
            encoding: { $0.bytes }
        )
    }

    /// What a message's fields hold, in the order of their names.
    ///
    /// - Throws: ``RecordError/Code/corrupted`` where the bytes are no message of the type.
    public func values(of message: StoredMessage) throws(RecordError) -> [StoredField] {
        let values = try shape.extract(message.bytes[...])
        return shape.fields.values.sorted { $0.name < $1.name }.map { field in
            StoredField(name: field.name, isMultiValued: field.isMultiValued, values: values[field.name])
        }
    }
}

extension RecordType where Message == StoredMessage {
    /// The message whose fields hold these values, by their names. Others are not set.
    ///
    /// - Throws: ``RecordError/Code/unknownField`` and ``RecordError/Code/wrongKind``, with the field;
    ///   ``RecordError/Code/invalidDeclaration`` for a field of a key without a value.
    public func message(of values: [String: [TupleElement]]) throws(RecordError) -> StoredMessage {
        if let field = (shape.primaryKey + shape.partitionKey.fieldNames).first(where: { values[$0] == nil }) {
            throw RecordError(
                .invalidDeclaration,
                "A field of a key has no value: keys are made of values that are always there.",
                ["type": name, "field": field]
            )
        }
        var writer = WireWriter()
        for (name, elements) in values.sorted(by: { $0.key < $1.key }) {
            try shape.require(name, isMultiValued: nil, elements)
            guard let field = shape.fields[name], let stored = field.stored,
                field.isMultiValued || elements.count == 1
            else {
                throw RecordError(
                    .wrongKind,
                    "The field has exactly one value.",
                    ["type": self.name, "field": name, "values": "\(elements.count)"]
                )
            }
            for element in elements { writer.append(element, stored) }
        }
        return StoredMessage(bytes: writer.bytes)
    }

    /// The value of a field as a text by itself, without quotation marks; nil for one that is not of its kind.
    public func value(_ text: String, of field: String) -> TupleElement? {
        shape.fields[field].flatMap { FilterValue.element(text, of: $0.kind) }
    }
}

/// What a field of a message holds.
public struct StoredField: Hashable, Sendable {
    /// The field's name.
    public let name: String
    /// Whether it may have any number of values.
    public let isMultiValued: Bool
    /// Its values; of a field that has one, that, which may be `TupleElement.missing`.
    public let values: [TupleElement]
}

extension Index {
    /// - Throws: ``RecordError/Code/newerVersion`` for a kind or a column that this release does not know.
    fileprivate init(describedBy description: IndexDescription, of type: String) throws(RecordError) {
        var columns: [KeyExpression] = []
        for text in description.columns {
            guard let column = KeyExpression(text) else { throw Index.unknown(description, type) }
            columns.append(column)
        }
        let kind: Kind
        switch description.kind {
        case "value": kind = .value
        case "unique": kind = .unique
        case "count": kind = .count
        case let text where text.hasPrefix("sum:"): kind = .sum(of: String(text.dropFirst(4)))
        default: throw Index.unknown(description, type)
        }
        self.init(
            description.name,
            kind,
            on: columns,
            scope: description.shards.map { .global(shards: $0) } ?? .local
        )
    }

    private static func unknown(_ description: IndexDescription, _ type: String) -> RecordError {
        RecordError(
            .newerVersion,
            "The store keeps an index of a kind that this release does not know: use a newer one.",
            ["type": type, "index": description.name]
        )
    }

    fileprivate var fieldNames: [String] {
        if case .sum(let field) = kind { columns.map(\.fieldName) + [field] } else { columns.map(\.fieldName) }
    }
}

extension KeyExpression {
    /// The column that a schema describes so; nil for one of a kind that this release does not know.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "field": self = .field(parts[1])
        case "folded": self = .caseFolded(parts[1])
        case "each": self = .each(parts[1])
        case "trigrams": self = .trigrams(parts[1])
        case "descending":
            // A declaration has one at most; more would be as deep as whoever wrote them likes.
            guard !parts[1].hasPrefix("descending:"), let column = KeyExpression(parts[1]) else { return nil }
            self = .descending(column)
        default: return nil
        }
    }
}
