#if S3
public import KeyValue

extension BucketStore {
    /// How many objects are read at a time for one caller.
    private static let readsAtOnce = 16

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        return try await rows(at: keys).map { row in
            guard let row, options.includesTombstones || !row.object.isTombstone else { return nil }
            return row.entry(in: identity)
        }
    }

    /// The row at a key, tombstones included.
    func row(at key: Key) async throws(StoreError) -> TaggedRow? {
        guard let found = try await client.get(layout.name(of: key)) else { return nil }
        return TaggedRow(key: key, object: try StoredObject(found.body, at: key), etag: found.etag)
    }

    /// The rows at keys, tombstones included.
    private func rows(at keys: [Key]) async throws(StoreError) -> [TaggedRow?] {
        try await sideBySide(keys, atMost: BucketStore.readsAtOnce) { (key) throws(StoreError) -> TaggedRow? in
            try await self.row(at: key)
        }
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
            if options.keysOnly {
                for object in objects {
                    builder.append(
                        object.key,
                        value: [],
                        nonce: 0,
                        isTombstone: object.bytes == StoredObject.tombstoneBytes,
                        native: Array(object.etag.utf8)
                    )
                    if builder.isFull { return builder.page(cursor: Cursor(after: object.key)) }
                }
            } else if let end = try await append(objects, to: &builder, options) {
                return builder.page(cursor: Cursor(after: end))
            }
        }
        return builder.page(cursor: nil)
    }

    /// Reads listed objects and appends them to a page; the last key where the page is full.
    private func append(
        _ objects: [RangeListing.Object],
        to builder: inout ScanPageBuilder,
        _ options: ScanOptions
    ) async throws(StoreError) -> Key? {
        var rest = objects[...]
        while !rest.isEmpty {
            // No more at a time than the page has room for.
            var bytes = 0
            var group: [Key] = []
            for object in rest.prefix(BucketStore.readsAtOnce * 4) where group.isEmpty || bytes < options.bytesMax {
                group.append(object.key)
                bytes += object.bytes
            }
            rest = rest.dropFirst(group.count)
            for (key, row) in zip(group, try await rows(at: group)) {
                // What is gone since it was listed is not there.
                if let row {
                    builder.append(
                        key,
                        value: row.object.value,
                        nonce: row.object.nonce,
                        isTombstone: row.object.isTombstone,
                        native: Array(row.etag.utf8)
                    )
                }
                if builder.isFull { return key }
            }
        }
        return nil
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
        _ weight: (RangeListing.Object) -> Int
    ) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        try requireOpen()
        var total = 0
        var listing = RangeListing(range, layout, after: nil)
        while let objects = try await listing.next(client, limit: capabilities.limits.pageKeysMax) {
            for object in objects where options.includesTombstones || object.bytes != StoredObject.tombstoneBytes {
                total += weight(object)
            }
        }
        return Measurement(total, .exact)
    }
}
#endif
