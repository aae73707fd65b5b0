import KeyValue

/// What a store holds, split by the hash of the keys: a count and a sum a bucket, whatever order rows come in. It takes
/// 24 bytes a bucket.
struct BucketTable {
    private let hasher: RowHasher
    private var counts: [Int]
    private var sums: [UInt128]

    init(buckets: Int, _ hasher: RowHasher) {
        self.hasher = hasher
        counts = Array(repeating: 0, count: max(1, buckets))
        sums = Array(repeating: 0, count: max(1, buckets))
    }

    mutating func add(_ page: ScanPage) {
        forEach(page) { table, _, bucket, hash in
            table.counts[bucket] += 1
            table.sums[bucket] &+= hash
        }
    }

    /// The rows of a page that lie in chosen buckets, with their hashes for values.
    func rows(of page: ScanPage, in chosen: [Bool]) -> [Row] {
        var rows: [Row] = []
        var table = self
        table.forEach(page) { _, index, bucket, hash in
            if chosen[bucket] { rows.append(Row(key: page[index].key, value: hash.stored)) }
        }
        return rows
    }

    /// For each bucket, whether the two tables differ there.
    func differences(from other: BucketTable) -> [Bool] {
        counts.indices.map { counts[$0] != other.counts[$0] || sums[$0] != other.sums[$0] }
    }

    /// The digest of everything, without some buckets.
    func digest(without left: [Bool]) -> StoreDigest {
        var digest = StoreDigest()
        for index in counts.indices where !left[index] { digest.add(records: counts[index], sum: sums[index]) }
        return digest
    }

    private mutating func forEach(_ page: ScanPage, _ body: (inout BucketTable, Int, Int, UInt128) -> Void) {
        let buckets = UInt64(counts.count)
        page.block.withUnsafeBytes { block in
            for (index, span) in page.spans.enumerated() {
                let (hash, state) = hasher.hash(span, in: block, of: page.space)
                let bucket = UInt64(truncatingIfNeeded: state.finish()) % buckets
                body(&self, index, Int(bucket), hash)
            }
        }
    }
}
