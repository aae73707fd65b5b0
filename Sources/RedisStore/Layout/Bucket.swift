#if Redis
import KeyValue

/// One of the 256 parts that every store's partitions are spread over.
///
/// What belongs to a bucket lies in one slot of a cluster, so one script reaches it: its partitions, the list of them,
/// its fence and its marks. The slots of the buckets lie evenly in the 16,384, so that masters with equal ranges of
/// slots have equal numbers of buckets. A server that is no cluster has the same layout.
struct Bucket: Hashable, Sendable {
    static let count = 256
    private static let slotsABucket = HashSlot.count / count

    /// From 0 up.
    let number: Int

    /// All of them, in order.
    static let all: [Bucket] = (0..<count).map(Bucket.init)

    private init(number: Int) { self.number = number }

    /// The bucket of a partition: by FNV-1a with a last mix, so that partitions that differ little lie far apart.
    init(of partition: [UInt8]) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in partition { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        number = Int((hash ^ (hash >> 33)) % UInt64(Bucket.count))
    }

    /// The bucket behind a bin; nil for a bin that no store of this kind lists.
    init?(_ bin: Bin) {
        guard let number = Int(bin.name), Bucket.all.indices.contains(number), bin.name == "\(number)" else {
            return nil
        }
        self.number = number
    }

    var bin: Bin { Bin("\(number)") }

    /// What stands between braces in the names of its keys.
    var tag: String { Bucket.tags[number] }

    /// The slot that the tag leads to.
    var slot: UInt16 { Bucket.slots[number] }

    private static let slots = tags.map { HashSlot.of($0.utf8) }

    /// For each bucket the least number, in decimal, whose slot is one of the bucket's share of slots.
    private static let tags: [String] = {
        var tags = Array(repeating: "", count: count)
        var missing = count
        for candidate in 0... {
            if missing == 0 { break }
            let tag = "\(candidate)"
            let number = Int(HashSlot.of(tag.utf8)) / slotsABucket
            guard tags[number].isEmpty else { continue }
            tags[number] = tag
            missing -= 1
        }
        return tags
    }()
}
#endif
