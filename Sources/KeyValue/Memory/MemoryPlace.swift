/// Where a memory store keeps a key among the others: its own order, which only the reference profile makes that of
/// the keys.
struct MemoryPlace: Comparable, Sendable {
    let key: Key
    private let partitionRank: UInt64
    private let keyRank: UInt64

    init(_ key: Key, order: KeyOrder) {
        self.key = key
        partitionRank = order == .store ? 0 : MemoryPlace.scatter(key.partition)
        keyRank = order == .none ? MemoryPlace.scatter(key.bytes) : 0
    }

    static func < (left: MemoryPlace, right: MemoryPlace) -> Bool {
        if left.key.space != right.key.space { return left.key.space < right.key.space }
        if left.partitionRank != right.partitionRank { return left.partitionRank < right.partitionRank }
        let order = ByteOrder.compare(left.key.partition, right.key.partition)
        if order != 0 { return order < 0 }
        if left.keyRank != right.keyRank { return left.keyRank < right.keyRank }
        return ByteOrder.precedes(left.key.bytes, right.key.bytes)
    }

    static func == (left: MemoryPlace, right: MemoryPlace) -> Bool { left.key == right.key }

    /// Whether this place lies in another partition, or space, before that of `partition`.
    func isBefore(partition: [UInt8], of space: KeySpace, order: KeyOrder) -> Bool {
        if key.space != space { return key.space < space }
        let rank = order == .store ? 0 : MemoryPlace.scatter(partition)
        if partitionRank != rank { return partitionRank < rank }
        return ByteOrder.precedes(key.partition, partition)
    }

    /// FNV-1a with a last mix: a fixed order that has nothing to do with that of the bytes.
    static func scatter(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        return hash ^ (hash >> 33)
    }
}
