#if Redis
import KeyValue

/// The names of a store's keys.
///
/// Format 1. All begin with the store's prefix, and all but one go on with the tag of a ``Bucket`` in braces:
///
/// | name behind the prefix | type | what it holds |
/// | --- | --- | --- |
/// | `format` | string | the version of this layout, in decimal |
/// | `{tag}f` | string | the fence of the bucket, as ``Fence/encoded``; none for an open one |
/// | `{tag}m` | sorted set | marks: the 16 bytes of the name, then the keys as ``Mark/encodedKeys`` |
/// | `{tag}pS` | sorted set | partitions with rows of space S, which is 0, 1 or 2 |
/// | `{tag}iSpartition` | sorted set | the keys of the partition's rows |
/// | `{tag}tSpartition` | sorted set | those of them that are tombstones |
/// | `{tag}rSlength:partitionkey` | string | a row, as ``StoredRow``; the length of the partition in decimal |
/// | `{tag}sname` | string | a row of a large batch that is sent ahead of it; it goes by itself after a minute |
///
/// All scores are 0, so that members lie in the order of their bytes.
struct RedisLayout: Sendable {
    static let format = 1

    private let prefix: [UInt8]
    private let bases: [[UInt8]]

    /// A layout under a prefix, which has to be without braces, since they would decide where keys lie.
    init(prefix: String) throws(StoreError) {
        guard !prefix.isEmpty, prefix.utf8.count <= 128, !prefix.contains(where: { "{}".contains($0) }) else {
            throw .invalidArgument(
                "The option prefix has 1 to 128 bytes and no braces.",
                ["prefix": prefix]
            )
        }
        self.prefix = Array(prefix.utf8)
        bases = Bucket.all.map { Array("\(prefix){\($0.tag)}".utf8) }
    }

    var formatName: [UInt8] { prefix + Array("format".utf8) }

    /// What the names of all that belongs to a bucket begin with.
    func base(of bucket: Bucket) -> [UInt8] { bases[bucket.number] }

    func fence(of bucket: Bucket) -> [UInt8] { base(of: bucket) + [0x66] }

    func marks(of bucket: Bucket) -> [UInt8] { base(of: bucket) + [0x6D] }

    func partitions(of bucket: Bucket, in space: KeySpace) -> [UInt8] {
        base(of: bucket) + [0x70, RedisLayout.digit(space)]
    }

    func row(at key: Key, in bucket: Bucket) -> [UInt8] {
        base(of: bucket) + [0x72, RedisLayout.digit(key.space)] + RedisLayout.counted(key.partition) + key.bytes
    }

    func rowSentAhead(_ name: [UInt8], in bucket: Bucket) -> [UInt8] { base(of: bucket) + [0x73] + name }

    /// A space in names and in arguments of scripts.
    static func digit(_ space: KeySpace) -> UInt8 { 0x30 + space.rawValue }

    /// A partition with its length before it, so that no two partitions and keys make one name.
    static func counted(_ partition: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(partition.count + 8)
        bytes += String(partition.count).utf8
        bytes.append(0x3A)
        bytes += partition
        return bytes
    }
}
#endif
