public import SwiftProtobuf
public import Tuples

/// A kind of record: a protobuf message with a primary key, a partition key and indexes.
///
/// What is declared here is part of the stored format: names, the columns of keys and indexes, and numbers of shards
/// stay as they are for as long as there are records.
public struct RecordType<Message: Sendable>: Sendable {
    let shape: RecordShape
    private let reader: FieldReader<Message>
    private let decoding: @Sendable (ArraySlice<UInt8>) throws -> Message
    private let encoding: @Sendable (Message) throws -> [UInt8]

    /// The name of the type.
    public var name: String { shape.name }

    /// The names of its fields, sorted.
    public var fieldNames: [String] { shape.fields.keys.sorted() }

    /// A type of messages that are encoded like this.
    @usableFromInline
    init(
        _ name: String,
        schemaVersion: UInt32,
        fields: [Field<Message>],
        partitionedBy partitionKey: PartitionKey,
        primaryKey: [String],
        indexes: [Index],
        expiry: String?,
        queriesInTransactions: Bool,
        decoding: @escaping @Sendable (ArraySlice<UInt8>) throws -> Message,
        encoding: @escaping @Sendable (Message) throws -> [UInt8]
    ) throws(RecordError) {
        var declarations: [String: FieldDeclaration] = [:]
        for field in fields {
            guard declarations.updateValue(field.declaration, forKey: field.name) == nil else {
                throw RecordError(.invalidDeclaration, "Two fields have one name.", ["type": name, "name": field.name])
            }
        }
        self.decoding = decoding
        self.encoding = encoding
        let reader = FieldReader(fields, of: name)
        self.reader = reader
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
                try reader.values(of: bytes) { () throws(RecordError) in
                    try RecordType.decoded(bytes, decoding, of: name)
                }
            }
        )
        try shape.validate()
    }

    /// Whether the record of an encoded message is gone; of types whose records don't expire nothing is read.
    func isExpired(_ body: ArraySlice<UInt8>, now: () -> Timestamp) throws(RecordError) -> Bool {
        guard let field = shape.expiryField else { return false }
        return shape.isExpired(try judging([field]).content(body).values, now: now())
    }

    /// The message of these bytes.
    func decode(_ bytes: ArraySlice<UInt8>) throws(RecordError) -> Message {
        try RecordType.decoded(bytes, decoding, of: name)
    }

    private static func decoded(
        _ bytes: ArraySlice<UInt8>,
        _ decoding: @Sendable (ArraySlice<UInt8>) throws -> Message,
        of name: String
    ) throws(RecordError) -> Message {
        do {
            return try decoding(bytes)
        } catch {
            throw .damaged("The value of a record is no message of its type.", ["type": name])
        }
    }

    /// The bytes of a message.
    func encode(_ message: Message) throws -> [UInt8] { try encoding(message) }

    /// A message encoded, with what its fields hold: it need not be decoded again.
    func content(of message: Message) throws -> RecordContent {
        let body = try encode(message)[...]
        let values = try reader.values(of: body) { message }
        return RecordContent(body: body, values: values)
    }

    /// What takes the values of some fields from messages.
    func reader(of names: Set<String>) -> FieldReader<Message> { reader.only(names) }
}

/// An encoded message, and what its fields hold.
struct RecordContent: Sendable {
    var body: ArraySlice<UInt8>
    var values: FieldValues
}

extension RecordType where Message: SwiftProtobuf.Message {
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
    @inlinable // For the two closures: made where the type is known, they need no generic code.
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
        try self.init(
            name,
            schemaVersion: schemaVersion,
            fields: fields,
            partitionedBy: partitionKey,
            primaryKey: primaryKey,
            indexes: indexes,
            expiry: expiry,
            queriesInTransactions: queriesInTransactions,
            decoding: { try Message(serializedBytes: $0.span.bytes) },
            encoding: { try $0.serializedBytes() }
        )
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
        try shape.address(of: try content(of: message).values)
    }

    /// The address of the record with this primary key, of a type whose partitions follow from the primary key.
    ///
    /// - Parameter primaryKey: A value for each field of the primary key, in its order.
    /// - Throws: ``RecordError/Code/invalidDeclaration`` for another number of values, and where a partition does not follow
    ///   from them.
    public func address(primaryKey: Tuple) throws(RecordError) -> RecordAddress {
        guard primaryKey.elements.count == shape.primaryKey.count,
            shape.partitionKey.fieldNames.allSatisfy(shape.primaryKey.contains)
        else {
            throw RecordError(
                .invalidDeclaration,
                "The values are not those of a primary key that decides upon the partition.",
                ["type": name]
            )
        }
        return try shape.address(of: FieldValues(shape.primaryKey, primaryKey.elements.map { .one($0) }))
    }
}
