#if CouchDB
public import KeyValue
import StoreHTTP
import Synchronization

/// The fence as it was when it was last read.
final class FenceCopy: Sendable {
    /// An older copy is not judged by.
    static let ageMax: Duration = .seconds(2)

    private let copy = Mutex<(fence: Fence, readAt: Duration)?>(nil)
    private let environment: StoreEnvironment

    init(_ environment: StoreEnvironment) { self.environment = environment }

    /// The copy if it is young enough, else what `read` gives, which counts from when it was asked.
    func current(_ read: () async throws(StoreError) -> Fence) async throws(StoreError) -> Fence {
        let now = environment.now()
        if let copy = copy.withLock({ $0 }), now - copy.readAt < FenceCopy.ageMax { return copy.fence }
        let fence = try await read()
        copy.withLock { copy in
            if copy.map({ $0.readAt < now }) ?? true { copy = (fence, now) }
        }
        return fence
    }

    func forget() { copy.withLock { $0 = nil } }
}

extension CouchDBStore {
    private static let bin = Bin("store")

    public func bins() async throws(StoreError) -> [Bin] {
        try requireOpen()
        return [CouchDBStore.bin]
    }

    func currentFence() async throws(StoreError) -> Fence {
        try await fences.current { () async throws(StoreError) in try await self.storedFence().fence }
    }

    /// The fence as a batch of this epoch is checked against. Whoever is ahead of the copy has heard of a newer fence.
    func currentFence(for epoch: UInt64?) async throws(StoreError) -> Fence {
        let fence = try await currentFence()
        guard let epoch, epoch > fence.epoch else { return fence }
        fences.forget()
        return try await currentFence()
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try requireOpen()
        guard bin == CouchDBStore.bin else { throw .noSuchBin(bin) }
        return try await storedFence().fence
    }

    private func storedFence() async throws(StoreError) -> (fence: Fence, revision: String?) {
        guard let leaf = try await database.document(DocumentID.fence) else { return (.open, nil) }
        guard let bytes = leaf.content["fence"]?.text.flatMap({ Base64.decode($0.utf8) }) else {
            throw StoreError(.corrupted, "The fence can't be read: restore the store from a copy.")
        }
        return (try Fence(encoded: bytes), leaf.revision)
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try requireOpen()
        guard bin == CouchDBStore.bin else { throw .noSuchBin(bin) }
        defer { fences.forget() }
        while true {
            let (present, revision) = try await storedFence()
            try present.allow(fence, expecting: expected)
            var members: [JSON.Member] = [
                .init("_id", .string(DocumentID.fence)), .init("fence", .string(Base64.encode(fence.encoded))),
            ]
            if let revision { members.append(.init("_rev", .string(revision))) }
            let fates = try await database.write(JSON.object(members).encoded, count: 1, copies: facts.copies)
            switch fates[0] {
            case .written: return
            // If somebody else was faster, the fence is not the expected one any more.
            case .conflict: continue
            case .accepted:
                throw StoreError(
                    .outcomeUnknown,
                    "Not all nodes have taken the fence, since some are down or others set it at the same time: read it."
                )
            case .failed(let error): throw error
            }
        }
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try requireOpen()
        guard bin == CouchDBStore.bin else { throw .noSuchBin(bin) }
        _ = try capabilities.limits.listingLimit(limit)
        return MarkPage(marks: [], cursor: nil)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try requireOpen()
        guard bin == CouchDBStore.bin else { throw .noSuchBin(bin) }
    }
}
#endif
