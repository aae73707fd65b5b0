#if Redis
public import KeyValue

extension RedisStore {
    public func bins() async throws(StoreError) -> [Bin] {
        try requireOpen()
        return Bucket.all.map(\.bin)
    }

    private func bucket(of bin: Bin) throws(StoreError) -> Bucket {
        try requireOpen()
        guard let bucket = Bucket(bin) else { throw .noSuchBin(bin) }
        return bucket
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try await storedFence(of: try bucket(of: bin)).fence
    }

    private func storedFence(of bucket: Bucket) async throws(StoreError) -> (fence: Fence, bytes: [UInt8]) {
        let reply = try await client.send(RedisCommand("GET", [layout.fence(of: bucket)], slot: bucket.slot))
        guard let bytes = reply.bytes else { return (.open, []) }
        return (try Fence(encoded: bytes), bytes)
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        let bucket = try bucket(of: bin)
        while true {
            let (present, bytes) = try await storedFence(of: bucket)
            try present.allow(fence, expecting: expected)
            let isSet = try await scripts.run(call(.setFence, in: bucket, [bytes, fence.encoded], .writes))
            // If somebody else was faster, the fence is not the expected one any more.
            if isSet.integer == 1 { return }
        }
    }

    /// The first fence that says that the records live elsewhere.
    func movedAway() async throws(StoreError) -> Fence? {
        let commands = Bucket.all.map { RedisCommand("GET", [layout.fence(of: $0)], slot: $0.slot) }
        for reply in await client.send(commands) {
            guard let bytes = try reply.get().bytes else { continue }
            let fence = try Fence(encoded: bytes)
            if case .movedAway = fence.admission { return fence }
        }
        return nil
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        let limit = try capabilities.limits.listingLimit(limit)
        let bucket = try bucket(of: bin)
        let last = try cursor.markPosition()
        // Behind every mark of the last name; none is behind a name of ones alone.
        let lower = last.map { ByteOrder.end(ofPrefix: $0.encoded).map { [0x5B] + $0 } ?? [0x2B] } ?? [0x2D]
        let most = min(limit, RedisStore.marksACommand)
        let arguments = [lower, Array("\(most)".utf8), Array("\(RedisStore.markBytesACommand)".utf8)]
        let reply = try await scripts.run(call(.marks, in: bucket, arguments, .reads))
        guard let elements = reply.elements, let end = elements.first?.integer else { throw RedisStore.strangeReply }
        var marks: [Mark] = []
        for member in elements.dropFirst() {
            guard let bytes = member.bytes else { throw RedisStore.strangeReply }
            marks.append(try Mark(encodedID: Array(bytes.prefix(16)), encodedKeys: Array(bytes.dropFirst(16))))
        }
        let cursor = end == 0 ? marks.last.map { Cursor(after: $0.id) } : nil
        return MarkPage(marks: marks, cursor: cursor)
    }

    private static let marksACommand = 256
    private static let markBytesACommand = 256 << 10

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        let bucket = try bucket(of: bin)
        for start in stride(from: 0, to: ids.count, by: RedisStore.marksACommand) {
            let group = ids[start..<min(start + RedisStore.marksACommand, ids.count)]
            _ = try await scripts.run(call(.clearMarks, in: bucket, group.flatMap(\.lexicalBounds), .writes))
        }
    }
}
#endif
