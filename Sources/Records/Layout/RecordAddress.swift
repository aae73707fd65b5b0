public import Tuples

/// Where a record is: the values of its partition key and of its primary key.
public struct RecordAddress: Hashable, Sendable {
    /// The name of its type.
    public let type: String
    /// The values of the partition key's fields, or the number of the shard.
    public let partition: Tuple
    /// The values of the primary key's fields.
    public let primaryKey: Tuple

    /// An address from its parts.
    public init(type: String, partition: Tuple, primaryKey: Tuple) {
        self.type = type
        self.partition = partition
        self.primaryKey = primaryKey
    }
}

extension RecordShape {
    /// The address of the record with these values.
    func address(of values: FieldValues) throws(RecordError) -> RecordAddress {
        let partition: Tuple
        switch partitionKey.kind {
        case .fields(let names): partition = try single(names, of: values)
        case .shards(let count, of: let names):
            partition = RecordShape.shard(of: try RecordLayout.encode(try single(names, of: values)), among: count)
        }
        return RecordAddress(type: name, partition: partition, primaryKey: try single(primaryKey, of: values))
    }

    /// The shard that a key belongs to, among that many.
    static func shard(of key: [UInt8], among count: Int) -> Tuple {
        Tuple([TupleElement(shardNumber(of: key, among: count))])
    }

    static func shardNumber(of key: [UInt8], among count: Int) -> Int { Int(Checksum.of(key)) % max(1, count) }

    private func single(_ names: [String], of values: FieldValues) throws(RecordError) -> Tuple {
        var elements: [TupleElement] = []
        for name in names {
            switch values.first(of: name) {
            case nil, .missing, .null:
                throw RecordError(
                    .invalidDeclaration,
                    "A field of a key has no value: keys are made of values that are always there.",
                    ["type": self.name, "field": name]
                )
            case let element?: elements.append(element)
            }
        }
        return Tuple(elements)
    }
}
