#if DynamoDB
import KeyValue

/// Where in a table what lies.
///
/// Format 1. The table's partition key is `p`, its sort key `k`, both binary. The first byte of `p` tells what an item
/// is:
///
/// | `p` | `k` | what the item holds |
/// | --- | --- | --- |
/// | 0, 1 or 2 for the space, then the partition | the key | a row, see ``StoredRow`` |
/// | `F` | 0 | `v`: the version of this layout, a number |
/// | `L` | 0 | `f`: the fence as ``Fence/encoded``; `g`: the one that is about to take its place, if any |
/// | `S`, shard | 0 | the fence as batches check it: `e` its epoch and `a` its admission, numbers |
/// | `M`, shard | the 16 bytes of a mark's name | `v`: its keys as ``Mark/encodedKeys`` |
///
/// An item of `L` or `S` that is not there is an open fence. A batch checks one of the shards of the fence, any, so that
/// batches that have nothing to do with each other seldom meet at one.
enum DynamoDBLayout {
    static let format = 1
    static let fenceShards = 64
    static let markShards = 16

    /// The longest key that the service takes for sorting.
    static let sortKeyBytesMax = 1_024

    static let formatItem = key([0x46], [0])
    static let fenceItem = key([0x4C], [0])

    static func fenceShard(_ shard: Int) -> Item { key([0x53, UInt8(truncatingIfNeeded: shard)], [0]) }

    static func marks(_ shard: Int) -> [UInt8] { [0x4D, UInt8(truncatingIfNeeded: shard)] }

    /// The shard of a mark: by the upper bits of its name, so that shard follows shard in the order of names.
    static func shard(of id: MarkID) -> Int { Int(id.high >> 60) }

    static func mark(_ id: MarkID) -> Item { key(marks(shard(of: id)), id.encoded) }

    static func partition(_ partition: [UInt8], in space: KeySpace) -> [UInt8] { [space.rawValue] + partition }

    static func item(at key: Key) -> Item { self.key(partition(key.partition, in: key.space), key.bytes) }

    static func key(_ partition: [UInt8], _ sort: [UInt8]) -> Item {
        Item(["p": .binary(partition), "k": .binary(sort)])
    }

    /// The key of a row; nil for an item that is none.
    static func key(of item: Item) -> Key? {
        guard let partition = item["p"]?.bytes, let bytes = item["k"]?.bytes, partition.count > 1,
            let space = KeySpace(rawValue: partition[0])
        else { return nil }
        return Key(partition: Array(partition.dropFirst()), bytes: bytes, space: space)
    }
}
#endif
