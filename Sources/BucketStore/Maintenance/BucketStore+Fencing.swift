#if S3
public import KeyValue
import Synchronization

extension BucketStore {
    private static let bin = Bin("bucket")

    public func bins() async throws(StoreError) -> [Bin] {
        try requireOpen()
        return [BucketStore.bin]
    }

    private func require(_ bin: Bin) throws(StoreError) {
        try requireOpen()
        guard bin == BucketStore.bin else { throw .noSuchBin(bin) }
    }

    /// The fence as it is now, with the server's token for it; nil where nobody has set one yet.
    func storedFence() async throws(StoreError) -> (fence: Fence, etag: String?) {
        let readAt = client.environment.now()
        let object = try await client.get(layout.fenceName)
        let fence = try object.map { (object) throws(StoreError) in try Fence(encoded: object.body) } ?? .open
        self.fence.withLock { $0 = KeptFence(fence: fence, readAt: readAt) }
        return (fence, object?.etag)
    }

    /// Throws unless a batch of this epoch is admitted by the fence, as it was read not long ago.
    func admit(epoch: UInt64?) async throws(StoreError) {
        let now = client.environment.now()
        if let kept = fence.withLock({ $0 }), now - kept.readAt < BucketStore.fenceLease {
            try kept.fence.admit(epoch: epoch)
        } else {
            try await storedFence().fence.admit(epoch: epoch)
        }
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try require(bin)
        return try await storedFence().fence
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try require(bin)
        while true {
            let stored = try await storedFence()
            try stored.fence.allow(fence, expecting: expected)
            var condition = BucketClient.Condition.none
            if powers.conditionalWrite { condition = stored.etag.map { .hasTag($0) } ?? .isNotThere }
            // If somebody else was faster, the fence is not the expected one any more.
            guard try await client.put(layout.fenceName, fence.encoded, if: condition) != nil else { continue }
            _ = try await storedFence()
            return
        }
    }

    /// None: an object can't be written together with another.
    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        _ = try capabilities.limits.listingLimit(limit)
        try require(bin)
        _ = try cursor.markPosition()
        return MarkPage(marks: [], cursor: nil)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { try require(bin) }
}
#endif
