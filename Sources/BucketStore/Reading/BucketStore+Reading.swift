#if S3
public import KeyValue

extension BucketStore {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        let rows = try await sideBySide(keys, atMost: ListedObject.atOnce) { (key) throws(StoreError) in
            try await self.row(at: key)
        }
        return rows.map { row in
            guard let row, options.includesTombstones || !row.isTombstone else { return nil }
            return row.entry(in: identity)
        }
    }

    /// The row at a key, tombstones included.
    func row(at key: Key) async throws(StoreError) -> TaggedRow? {
        guard let found = try await client.get(layout.name(of: key)) else { return nil }
        return TaggedRow(key, try StoredObject(found.body, at: key), etag: found.etag)
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        let options = try options.validated(for: capabilities)
        try requireOpen()
        let last = try cursor.position(in: range)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        var listing = RangeListing(range, layout, after: last)
        while let objects = try await listing.next(client, limit: options.limit - builder.examined) {
            let end = try await builder.append(objects, options) { (key) throws(StoreError) in
                try await self.row(at: key)
            }
            if let end { return builder.page(cursor: Cursor(after: end)) }
        }
        return builder.page(cursor: nil)
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        try requireOpen()
        let last = try cursor.partitionPosition(in: space)
        let listing = try await client.list(
            layout.names(of: space),
            // Behind every name of the partition.
            after: last.map { layout.names(of: $0, in: space) + [0x7F] },
            limit: limit,
            grouping: true
        )
        let found = listing.groups.compactMap { layout.partition(of: $0, in: space) }
        guard listing.isTruncated, let end = found.last else { return PartitionPage(partitions: found, cursor: nil) }
        return PartitionPage(partitions: found, cursor: Cursor(afterPartition: end, in: space))
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range, options) { _ in 1 }
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range, options) { object in
            object.key.bytes.count + max(0, object.bytes - StoredObject.headerBytes)
        }
    }

    /// Sums over listings alone: they have sizes, which tell tombstones too.
    private func total(
        of range: KeyRange,
        _ options: ReadOptions,
        _ weight: (ListedObject) -> Int
    ) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        try requireOpen()
        var total = 0
        var listing = RangeListing(range, layout, after: nil)
        while let objects = try await listing.next(client, limit: capabilities.limits.pageKeysMax) {
            for object in objects where options.includesTombstones || !object.isTombstone {
                total += weight(object)
            }
        }
        return Measurement(total, .exact)
    }
}
#endif
