import KeyValue
import Tuples

/// The keys of rows: format 1.
///
/// Partitions are tuples: (namespace, group, values of the partition key…) of records and all that is local to them,
/// and (namespace, 1, index, shard) of a global index. Keys are tuples that begin with a number:
///
/// | space | key | row |
/// | --- | --- | --- |
/// | records | (0, type, primary key…) | a record's envelope |
/// | records | (1, index, columns…, (primary key)) | an entry of a local index, empty |
/// | records | (1, index, columns…, partition's bytes, (primary key)) | an entry of a global index, empty |
/// | records | (2, index, columns…) | a count or a sum: a counter |
/// | reserved data | (3, index, columns…) | a claim on unique values: who holds them |
/// | reserved data | (4, type, record's key, number) | the intent of a change that takes several steps |
/// | reserved data | (5, index, columns…) | the doubt about a count or a sum |
/// | reserved data | (7, index) | how far a partition is entered in an index that is being built |
/// | reserved data | (8, type) | the version of the change of a record of the type that was the last in the partition |
/// | records | (9, index, columns…, partition's bytes) | the count or sum of a partition as it was published: a counter |
/// | reserved data | (10, index, columns…) | the notice that a count or a sum is to be published, empty |
/// | reserved data | (12, index) | how far the records of a partition are counted for a count or a sum that is built |
/// | reserved data | (13, index, record's key) | that a record is counted although the row before does not say so |
///
/// The sums of what is published are rows (2, index, columns…) of the index's own partitions.
///
/// The schema is a row (6) of the partition (namespace, 2), in reserved data, and beside it lies for each published
/// index (11, index): since when changes may be missing in it. (14, "all") is how far all rows are scrubbed.
///
/// Indexes are named as `type/index` in keys, since types name theirs independently.
struct RecordLayout: Hashable, Sendable {
    enum Kind: Int64 {
        case record = 0
        case entry = 1
        case total = 2
        case claim = 3
        case intent = 4
        case doubt = 5
        case progress = 7
        case stamp = 8
        case published = 9
        case notice = 10
        case moment = 11
        case counting = 12
        case counted = 13
        case scrubbing = 14

        var space: KeySpace {
            switch self {
            case .record, .entry, .total, .published: .records
            case .claim, .intent, .doubt, .progress, .stamp, .notice, .moment, .counting, .counted, .scrubbing:
                .reservedData
            }
        }
    }

    let namespace: String

    static func encode(_ tuple: Tuple) throws(RecordError) -> [UInt8] {
        try encode { encoder throws(TupleError) in try encoder.append(contentsOf: tuple) }
    }

    /// What `body` appends.
    static func encode(
        _ body: (inout TupleEncoder) throws(TupleError) -> Void
    ) throws(RecordError) -> [UInt8] {
        var encoder = TupleEncoder(reservingBytes: 96)
        do throws(TupleError) {
            try body(&encoder)
        } catch {
            throw keyTooLong(error)
        }
        try requireRoom(forKeyOf: encoder.bytes.count)
        return encoder.bytes
    }

    static func keyTooLong(_ error: TupleError) -> RecordError {
        RecordError(.tooLarge, "A key is longer than keys may be.", ["cause": error.message])
    }

    private static func requireRoom(forKeyOf count: Int) throws(RecordError) {
        guard count <= TupleLimits.maximumByteCount else {
            throw RecordError(.tooLarge, "A key is longer than keys may be.", ["bytes": "\(count)"])
        }
    }

    /// Throws where a key of an index would be too long that has these columns and this ending.
    static func requireRoom(
        forKeyOf encodedName: [UInt8],
        _ columns: [UInt8],
        _ ending: [UInt8]
    ) throws(RecordError) {
        // A kind takes two bytes.
        try requireRoom(forKeyOf: 2 + encodedName.count + columns.count + ending.count)
    }

    func partition(of address: RecordAddress, _ shape: RecordShape) throws(RecordError) -> [UInt8] {
        try RecordLayout.encode(
            Tuple([.string(namespace), .string(shape.partitionKey.group)] + address.partition.elements)
        )
    }

    func partition(of index: Index, _ shape: RecordShape, shard: Tuple) throws(RecordError) -> [UInt8] {
        try RecordLayout.encode { encoder throws(TupleError) in
            encoder.append(namespace)
            encoder.append(1)
            encoder.append(RecordLayout.name(of: index, shape))
            try encoder.append(contentsOf: shard)
        }
    }

    /// A partition of the index with this encoded name.
    func partition(ofIndex encodedName: [UInt8], shard: Int) -> [UInt8] {
        var encoder = TupleEncoder()
        encoder.append(namespace)
        encoder.append(1)
        encoder.append(encoded: encodedName)
        encoder.append(shard)
        return encoder.bytes
    }

    static func name(of index: Index, _ shape: RecordShape) -> String { shape.name + "/" + index.name }

    static func encodedName(of index: Index, ofType type: String) -> [UInt8] { encodedName(type + "/" + index.name) }

    static func encodedName(_ name: String) -> [UInt8] {
        var encoder = TupleEncoder()
        encoder.append(name)
        return encoder.bytes
    }

    func key(
        _ kind: Kind,
        _ name: String,
        _ elements: [TupleElement],
        in partition: [UInt8]
    ) throws(RecordError) -> Key {
        let bytes = try RecordLayout.encode { encoder throws(TupleError) in
            encoder.append(kind.rawValue)
            encoder.append(name)
            for element in elements { try encoder.append(element) }
        }
        return Key(partition: partition, bytes: bytes, space: kind.space)
    }

    /// A key of the index with this encoded name, of columns that are encoded too, and of what follows them.
    func key(
        _ kind: Kind,
        ofIndex encodedName: [UInt8],
        _ columns: [UInt8],
        _ ending: [UInt8] = [],
        in partition: [UInt8]
    ) throws(RecordError) -> Key {
        try RecordLayout.requireRoom(forKeyOf: encodedName, columns, ending)
        return entireKey(kind, ofIndex: encodedName, columns, ending, in: partition)
    }

    /// The same where there is room for it, as was looked at before.
    func entireKey(
        _ kind: Kind,
        ofIndex encodedName: [UInt8],
        _ columns: [UInt8],
        _ ending: [UInt8] = [],
        in partition: [UInt8]
    ) -> Key {
        var encoder = TupleEncoder(reservingBytes: 2 + encodedName.count + columns.count + ending.count)
        encoder.append(kind.rawValue)
        encoder.append(encoded: encodedName)
        encoder.append(encoded: columns)
        encoder.append(encoded: ending)
        return Key(partition: partition, bytes: encoder.bytes, space: kind.space)
    }

    /// What the keys of a type's records begin with, before the primary key.
    static func recordPrefix(of shape: RecordShape) throws(RecordError) -> [UInt8] {
        try encode([.integer(Kind.record.rawValue), .string(shape.name)])
    }

    func key(of address: RecordAddress, _ shape: RecordShape) throws(RecordError) -> Key {
        try key(.record, shape.name, address.primaryKey.elements, in: try partition(of: address, shape))
    }
}

extension RecordStore {
    /// What all partitions of a namespace begin with, and no others: a part that a store can be split by.
    public static func partitionPrefix(of namespace: String) throws(RecordError) -> [UInt8] {
        try RecordLayout.encode(Tuple([.string(namespace)]))
    }
}

extension RecordLayout {
    /// The partitions of a type's global indexes.
    func partitions(ofIndexesOf shape: RecordShape) throws(RecordError) -> [[UInt8]] {
        var partitions: [[UInt8]] = []
        for index in shape.indexes {
            guard case .global(let shards) = index.scope else { continue }
            for shard in 0..<shards {
                partitions.append(try partition(of: index, shape, shard: Tuple([TupleElement(shard)])))
            }
        }
        return partitions
    }

    /// The row that every change of a record of the type writes in its partition; nil if the type has none.
    func stamp(of shape: RecordShape, in partition: [UInt8]) throws(RecordError) -> Key? {
        shape.isStamped ? try key(.stamp, shape.name, [], in: partition) : nil
    }

    /// The keys of a kind in a partition; of one name only, if given.
    func range(
        of kind: Kind,
        _ elements: [TupleElement] = [],
        in partition: [UInt8]
    ) throws(RecordError) -> KeyRange {
        let prefix = try RecordLayout.encode(Tuple([.integer(kind.rawValue)] + elements))
        return .prefix(prefix, of: partition, in: kind.space)
    }

    /// What a key of this layout is of, and its elements behind the kind and the name.
    ///
    /// They are a part of what was decoded: an array of their own, which most callers do not look at, was released before
    /// it held anything in optimised builds (Swift 6.3.1).
    static func decode(_ key: Key) -> (kind: Kind, name: String, elements: ArraySlice<TupleElement>)? {
        // Why bytes are no tuple is of no interest: nil says that the key is not of this layout.
        guard let tuple = try? Tuple(decoding: key.bytes), tuple.elements.count >= 2,
            case .integer(let number) = tuple.elements[0], let kind = Kind(rawValue: number), kind.space == key.space,
            case .string(let name) = tuple.elements[1]
        else { return nil }
        return (kind, name, tuple.elements.dropFirst(2))
    }

    /// The doubt about a total.
    static func doubt(about total: Key) -> Key? { twin(of: total, from: .total, to: .doubt) }

    /// The total that a doubt is about.
    static func total(of doubt: Key) -> Key? { twin(of: doubt, from: .doubt, to: .total) }

    /// The total that a notice is about.
    static func total(announcedBy notice: Key) -> Key? { twin(of: notice, from: .notice, to: .total) }

    private static func twin(of key: Key, from: Kind, to: Kind) -> Key? {
        guard let (kind, name, elements) = decode(key), kind == from,
            // It can't fail: the twin is as long as the key that was decoded.
            let bytes = try? Tuple([.integer(to.rawValue), .string(name)] + elements).encoded()
        else { return nil }
        return Key(partition: key.partition, bytes: bytes, space: to.space)
    }
}
