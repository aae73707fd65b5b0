import KeyValue
import Tuples

/// Where the total of a partition is published, so that the totals of all partitions together are read at a cost that
/// does not grow with their number.
///
/// An index that is published has partitions of its own, and a hash of a partition of records chooses among them. There
/// lies what the partition has published last, and the sum of all that is published there, of each group. Both are
/// changed in one batch where the store's scope allows it, so that the sum is always that of what is published. Where
/// the record's own batch reaches them too, they are never behind.
struct Publication: Hashable, Sendable {
    /// The name of the index.
    let index: String
    /// The total as it was published last.
    let published: Key
    /// The sum over the partitions that are published in the same place.
    let sum: Key
    /// The row beside the total that says that it has changed since.
    let notice: Key

    /// That of a total of a partition; nil if its index is not published.
    init?(of total: Key, _ shape: RecordShape, _ layout: RecordLayout) throws(RecordError) {
        guard let (kind, name, columns) = RecordLayout.decode(total), kind == .total,
            let place = shape.indexes.firstIndex(where: { RecordLayout.name(of: $0, shape) == name })
        else { return nil }
        let encoded = try RecordLayout.encode(Tuple(Array(columns)))
        self.init(of: shape.indexes[place], shape.encodedNames[place], encoded, in: total.partition, layout)
    }

    /// That of an index's total of encoded columns in a partition, whose keys have room; nil if it is not published.
    init?(
        of index: Index,
        _ encodedName: [UInt8],
        _ columns: [UInt8],
        in partition: [UInt8],
        _ layout: RecordLayout
    ) {
        guard index.isAggregate, case .global(let shards) = index.scope else { return nil }
        var ending = TupleEncoder()
        ending.append(partition)
        let shard = RecordShape.shardNumber(of: ending.bytes, among: shards)
        let place = layout.partition(ofIndex: encodedName, shard: shard)
        self.index = index.name
        published = layout.entireKey(.published, ofIndex: encodedName, columns, ending.bytes, in: place)
        sum = layout.entireKey(.total, ofIndex: encodedName, columns, in: place)
        notice = layout.entireKey(.notice, ofIndex: encodedName, columns, in: partition)
    }
}
