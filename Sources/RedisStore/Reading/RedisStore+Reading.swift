#if Redis
public import KeyValue

extension RedisStore {
    /// How many keys one command reads: it takes the server a moment even if all values are as large as can be.
    private static let keysACommand = 16

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        if Task.isCancelled { throw .cancelled }
        var places: [Bucket: [Int]] = [:]
        for (place, key) in keys.enumerated() { places[Bucket(of: key.partition), default: []].append(place) }
        var commands: [RedisCommand] = []
        var groups: [ArraySlice<Int>] = []
        for (bucket, places) in places {
            for start in stride(from: 0, to: places.count, by: RedisStore.keysACommand) {
                let group = places[start..<min(start + RedisStore.keysACommand, places.count)]
                let names = group.map { layout.row(at: keys[$0], in: bucket) }
                commands.append(RedisCommand(names.count == 1 ? "GET" : "MGET", names, slot: bucket.slot))
                groups.append(group)
            }
        }
        var entries: [Entry?] = Array(repeating: nil, count: keys.count)
        for (group, reply) in zip(groups, await client.send(commands)) {
            let reply = try reply.get()
            let values = group.count == 1 ? [reply] : reply.elements ?? []
            guard values.count == group.count else { throw RedisStore.strangeReply }
            for (place, value) in zip(group, values) {
                guard let bytes = value.bytes else { continue }
                let row = try StoredRow(bytes, at: keys[place])
                guard options.includesTombstones || !row.isTombstone else { continue }
                entries[place] = row.entry(at: keys[place], in: identity)
            }
        }
        return entries
    }

    /// A page is read in as many steps as it takes; more bytes would be too many to hold.
    private static let pageBytesMax = 1 << 20

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        var options = try options.validated(for: capabilities)
        options.bytesMax = min(options.bytesMax, RedisStore.pageBytesMax)
        let last = try cursor.position(in: range)
        var walk = PageWalk(range, options, after: last, store: identity)
        while let bucket = walk.bucket {
            let reply = try await scripts.run(call(.scan, in: bucket, walk.arguments, .reads))
            switch try walk.take(reply) {
            case .nothing: return walk.page()
            case .sameBucket: continue
            case .otherBucket: walk.bucket = try await firstBucket(from: walk.bucketsLeft, in: range.space)
            }
        }
        return walk.page()
    }

    /// How many buckets are looked at in one go.
    private static let bucketsAtOnce = 64

    /// The first of these buckets that holds anything.
    private func firstBucket(from buckets: [Bucket], in space: KeySpace) async throws(StoreError) -> Bucket? {
        for start in stride(from: 0, to: buckets.count, by: RedisStore.bucketsAtOnce) {
            let group = buckets[start..<min(start + RedisStore.bucketsAtOnce, buckets.count)]
            let commands = group.map { bucket in
                RedisCommand("EXISTS", [layout.partitions(of: bucket, in: space)], slot: bucket.slot)
            }
            for (bucket, reply) in zip(group, await client.send(commands)) where try reply.get().integer == 1 {
                return bucket
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
        let last = try cursor.partitionPosition(in: space)
        var buckets = Bucket.all[(last.map { Bucket(of: $0).number } ?? 0)...]
        var range = LexicalRange()
        if let last { range = range.after(last) }
        var found: [[UInt8]] = []
        while !buckets.isEmpty {
            let group = buckets.prefix(RedisStore.bucketsAtOnce)
            let commands = group.map { bucket in
                defer { range = LexicalRange() }
                return RedisCommand(
                    "ZRANGEBYLEX",
                    [layout.partitions(of: bucket, in: space), range.lower, range.upper]
                        + ["LIMIT", "0", "\(limit - found.count)"].map { Array($0.utf8) },
                    slot: bucket.slot
                )
            }
            for reply in await client.send(commands) {
                guard let members = try reply.get().elements else { throw RedisStore.strangeReply }
                for member in members.prefix(limit - found.count) {
                    guard let partition = member.bytes else { throw RedisStore.strangeReply }
                    found.append(partition)
                }
                if found.count == limit, let last = found.last {
                    return PartitionPage(partitions: found, cursor: Cursor(afterPartition: last, in: space))
                }
            }
            buckets = buckets.dropFirst(group.count)
        }
        return PartitionPage(partitions: found, cursor: nil)
    }
}
#endif
