public import SwiftProtobuf
import Tuples

/// A kind of record: a protobuf message with a primary key, a partition key and indexes.
///
/// What is declared here is part of the stored format: names, the columns of keys and indexes, and numbers of shards
/// stay as they are for as long as there are records.
public struct RecordType<Message: SwiftProtobuf.Message & Sendable>: Sendable {
    let shape: RecordShape

    /// The name of the type.
    public var name: String { shape.name }

    /// A record type.
    ///
    /// - Parameters:
    ///   - name: 1 to 24 lower-case letters, digits and underscores, as are the names of indexes and groups.
    ///   - schemaVersion: The version of the message's schema that this program writes, and the newest that it reads.
    ///   - fields: The fields that keys, indexes and filters name.
    ///   - partitionKey: What decides in which partition of the store a record lies.
    ///   - indexes: What is kept beside the records.
    ///   - primaryKey: The fields that tell a record from every other of the type in its partition, in their order.
    ///   - expiry: The field that holds the moment from which the record is gone; missing or null for never.
    ///   - queriesInTransactions: Whether transactions may ask queries of the type. Every change of a record then writes
    ///     one row more, the same for all records of the type in a partition. It needs a store whose batches reach a
    ///     partition, and stays as it is once the type has records.
    /// - Throws: ``RecordError/Code/invalidDeclaration`` or ``RecordError/Code/unknownField``, with the name.
    public init(
        _ name: String,
        schemaVersion: UInt32 = 1,
        fields: [Field<Message>],
        partitionedBy partitionKey: PartitionKey,
        primaryKey: [String],
        indexes: [Index] = [],
        expiry: String? = nil,
        queriesInTransactions: Bool = false
    ) throws(RecordError) {
        var declarations: [String: FieldDeclaration] = [:]
        for field in fields {
            let declaration = FieldDeclaration(
                name: field.name,
                kind: field.kind,
                isMultiValued: field.isMultiValued
            )
            guard declarations.updateValue(declaration, forKey: field.name) == nil else {
                throw RecordError(.invalidDeclaration, "Two fields have one name.", ["type": name, "name": field.name])
            }
        }
        shape = RecordShape(
            name: name,
            schemaVersion: schemaVersion,
            fields: declarations,
            partitionKey: partitionKey,
            primaryKey: primaryKey,
            indexes: indexes,
            expiryField: expiry,
            isStamped: queriesInTransactions,
            extract: { bytes throws(RecordError) in
                try RecordType.extract(fields, from: try RecordType.decode(bytes, name: name), name: name)
            }
        )
        try shape.validate()
    }

    static func decode(_ bytes: [UInt8], name: String) throws(RecordError) -> Message {
        do {
            return try Message(serializedBytes: bytes)
        } catch {
            throw .damaged("The value of a record is no message of its type.", ["type": name])
        }
    }

    private static func extract(
        _ fields: [Field<Message>],
        from message: Message,
        name: String
    ) throws(RecordError) -> FieldValues {
        var values: [String: [TupleElement]] = [:]
        for field in fields {
            let found = field.values(message)
            guard found.allSatisfy(field.kind.admits) else {
                throw RecordError(
                    .wrongKind,
                    "A value is not of the kind of its field: correct the field's declaration.",
                    ["type": name, "field": field.name, "kind": field.kind.rawValue]
                )
            }
            values[field.name] = found
        }
        return FieldValues(values)
    }
}

extension RecordType: RecordTypeDeclaration {
    public var declaration: RecordDeclaration { RecordDeclaration(shape: shape) }
}

extension RecordType {
    /// The address of the record that a message is.
    ///
    /// - Throws: ``RecordError/Code/invalidDeclaration`` where a field of a key has no value.
    public func address(of message: Message) throws -> RecordAddress {
        try shape.address(of: try shape.extract(try message.serializedBytes()))
    }
}
