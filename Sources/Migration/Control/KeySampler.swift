import KeyValue

/// Finds keys that split large partitions into parts: among those that the store draws, where it can, else by looking up
/// where keys begin.
///
/// For looking up, the keys of a partition are taken for a tree: those that begin alike are a branch, which splits where
/// they go on differently. Whole levels of it are looked at, one look-up a branch, until there are enough branches. Each
/// counts as much as another; where most keys begin with few of them, the parts are uneven, and there are still several.
///
/// All partitions together cost at most ``keysMax`` keys to find out which are large, and ``lookupsMax`` look-ups.
struct KeySampler: Sendable {
    /// Of more partitions none is looked into.
    static let partitionsMax = 1_024
    /// A partition of fewer keys is not split.
    static let largeKeysMin = 4_096
    static let keysMax = 1 << 20
    static let lookupsMax = 2_048
    /// So many branches are enough for any layout.
    private static let branchesMin = RangeLayout.rangesMax

    private let source: any KeyValueStore
    private var keysLeft = KeySampler.keysMax
    private var lookupsLeft = 0

    init(_ source: any KeyValueStore) { self.source = source }

    /// The partitions, with the cuts of large ones. Where it would cost too much to find out which are large, none is.
    mutating func pieces(of partitions: [[UInt8]]) async throws(StoreError) -> [RangeLayout.Piece] {
        var pieces = partitions.map { RangeLayout.Piece($0) }
        guard source.capabilities.order > .none, partitions.count <= KeySampler.partitionsMax else { return pieces }
        var large: [Int] = []
        for index in partitions.indices {
            if try await isLarge(partitions[index]) { large.append(index) }
            if keysLeft <= 0 { return pieces }
        }
        for index in large {
            lookupsLeft = KeySampler.lookupsMax / large.count
            pieces[index].cuts = try await cuts(of: partitions[index])
        }
        return pieces
    }

    /// Keys at which a partition can be split, in ascending order.
    private mutating func cuts(of partition: [UInt8]) async throws(StoreError) -> [[UInt8]] {
        if let source = source as? any SamplingStore {
            let sample = Set(try await source.sample(of: partition))
            if sample.count >= KeySampler.branchesMin {
                return KeySampler.cuts(sample.sorted(by: ByteOrder.precedes))
            }
        }
        guard let first = try await first(in: partition, at: []) else { return [] }
        var branches = [Branch(first: first, depth: 0)]
        while branches.count < KeySampler.branchesMin {
            var next: [Branch] = []
            for branch in branches {
                guard let parts = try await parts(of: branch, in: partition) else {
                    return KeySampler.cuts(branches.map(\.first))
                }
                next += parts
            }
            if next == branches { break }
            branches = next
        }
        return KeySampler.cuts(branches.map(\.first))
    }

    /// As many for one large partition as for another, as far as they have so many.
    private static func cuts(_ keys: [[UInt8]]) -> [[UInt8]] {
        let count = min(keys.count, branchesMin)
        return (1..<max(1, count)).map { keys[keys.count * $0 / count] }
    }

    /// Keys that have their first bytes in common.
    private struct Branch: Equatable {
        /// The first of them.
        var first: [UInt8]
        /// How many bytes they have in common, at least.
        var depth: Int

        func holds(_ key: [UInt8]) -> Bool { key.starts(with: first.prefix(depth)) }
    }

    private mutating func isLarge(_ partition: [UInt8]) async throws(StoreError) -> Bool {
        var count = 0
        var cursor: Cursor?
        repeat {
            let options = ScanOptions(limit: KeySampler.largeKeysMin - count, bytesMax: 1 << 20, keysOnly: true)
            let page = try await source.scan(.partition(partition), options, after: cursor)
            count += page.examined
            keysLeft -= max(1, page.examined)
            cursor = page.cursor
        } while cursor != nil && count < KeySampler.largeKeysMin && keysLeft > 0
        return count >= KeySampler.largeKeysMin
    }

    /// The branches of a branch, or itself if it is a single key; nil when no look-ups are left.
    private mutating func parts(of branch: Branch, in partition: [UInt8]) async throws(StoreError) -> [Branch]? {
        let prefix = Array(branch.first.prefix(branch.depth))
        var parts: [Branch] = []
        var first: [UInt8]? = branch.first
        while let key = first, branch.holds(key) {
            guard lookupsLeft > 0 else { return nil }
            if key.count == branch.depth {
                // The shortest of them stands for itself.
                parts.append(Branch(first: key, depth: branch.depth))
                first = try await self.first(in: partition, at: prefix + [0])
                continue
            }
            parts.append(Branch(first: key, depth: branch.depth + 1))
            let byte = key[branch.depth]
            first = byte == 255 ? nil : try await self.first(in: partition, at: prefix + [byte + 1])
        }
        return parts
    }

    /// The first key of a partition from `lower` on, tombstones included.
    private mutating func first(in partition: [UInt8], at lower: [UInt8]) async throws(StoreError) -> [UInt8]? {
        let range = KeyRange.partition(partition, from: lower.isEmpty ? nil : lower)
        var cursor: Cursor?
        repeat {
            lookupsLeft -= 1
            let options = ScanOptions(limit: 1, keysOnly: true, includesTombstones: true)
            let page = try await source.scan(range, options, after: cursor)
            if let row = page.first { return [UInt8](row.keyBytes) }
            cursor = page.cursor
        } while cursor != nil
        return nil
    }
}
