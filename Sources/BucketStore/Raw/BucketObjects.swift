#if S3
import AWSClient
public import KeyValue
import StoreHTTP
import Synchronization

/// The objects of a bucket as they are, whoever wrote them: each a record, whose value is the object's bytes.
///
/// The partition is the bucket's name, and the key is the object's name behind the prefix. A put writes an object of just
/// these bytes under just this name. What else an object has (its type, its metadata, its tags) is neither shown nor
/// kept when it is written over.
///
/// Scans of keys alone cost a request for 1,000 of them; values cost a request each. Names are UTF-8 of at most 1,024
/// bytes, with the prefix. Objects of more than 16 MiB can't be read or written here: scans of keys show them, and other
/// scans fail with `StoreError.Code.tooLarge`.
///
/// There is no layout of the store's own: no tombstones, no reserved space and no fence. Nothing is written under a
/// condition, as equal objects have equal tokens. So it is a source to copy from, and a target for a copy that replaces,
/// and no part of a live migration.
public final class BucketObjects: KeyValueStore {
    static let objectBytesMax = 16 << 20

    let client: BucketClient
    private let prefix: [UInt8]
    private let partition: [UInt8]
    private let identity: StoreIdentity
    private let isClosed = Mutex(false)

    public let capabilities: Capabilities

    init(_ client: BucketClient, prefix: [UInt8]) {
        self.client = client
        self.prefix = prefix
        partition = Array(client.bucket.utf8)
        identity = client.environment.makeIdentity()
        var limits = Limits.readOnly(
            partitionBytesMax: 63,
            keyBytesMax: BucketLayout.nameBytesMax - prefix.count,
            valueBytesMax: BucketObjects.objectBytesMax,
            getKeysMax: 256,
            pageKeysMax: 1_000
        )
        limits.batchOperationsMax = 1
        limits.batchBytesMax = limits.valueBytesMax + 2 * BucketLayout.nameBytesMax
        capabilities = .readOnly(limits: limits, consistency: .eventual, order: .store)
    }

    public var system: String { "s3" }

    private func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closed }
        if Task.isCancelled { throw .cancelled }
    }

    /// The name of a key's object; nil where there can be none.
    private func name(of key: Key) -> [UInt8]? {
        guard key.space == .records, key.partition == partition, String(validating: key.bytes, as: UTF8.self) != nil
        else { return nil }
        return prefix + key.bytes
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try requireOpen()
        return StoreStatus(
            durability: capabilities.durability,
            format: 1,
            facts: [
                StoreStatus.Fact("layout", "raw"),
                StoreStatus.Fact("bucket", client.bucket),
                StoreStatus.Fact("prefix", String(decoding: prefix, as: UTF8.self)),
                StoreStatus.Fact("server", "\(client.caller.endpoint)"),
                StoreStatus.Fact("region", client.caller.signer.region),
            ],
            warnings: ["Nothing is written under a condition: let one program write at a time."]
        )
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        await client.caller.caller.transport.close()
    }
}

// MARK: - Reading

extension BucketObjects {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        return try await sideBySide(keys, atMost: ListedObject.atOnce) { (key) throws(StoreError) in
            try await self.row(at: key)?.entry(in: self.identity)
        }
    }

    private func row(at key: Key) async throws(StoreError) -> TaggedRow? {
        guard let name = name(of: key) else { return nil }
        do throws(StoreError) {
            guard let found = try await client.get(name, bytesMax: BucketObjects.objectBytesMax) else { return nil }
            return TaggedRow(key, plain: found.body, etag: found.etag)
        } catch {
            guard error.code == .tooLarge else { throw error }
            throw StoreError(
                .tooLarge,
                "The object is too large for a record: copy it by other means.",
                ["key": "\(key)"]
            )
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
        var listing = ObjectRange(range, of: partition, under: prefix, after: last)
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
        _ = try capabilities.limits.listingLimit(limit)
        try requireOpen()
        guard space == .records, try cursor.partitionPosition(in: space) == nil else {
            return PartitionPage(partitions: [], cursor: nil)
        }
        let listing = try await client.list(prefix, after: nil, limit: 2, isEncoded: true)
        let isEmpty = listing.objects.allSatisfy { $0.name == prefix }
        return PartitionPage(partitions: isEmpty ? [] : [partition], cursor: nil)
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range) { _ in 1 }
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range) { $0.key.bytes.count + $0.bytes }
    }

    /// Sums over listings alone, which have sizes.
    private func total(
        of range: KeyRange,
        _ weight: (ListedObject) -> Int
    ) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        try requireOpen()
        var total = 0
        var listing = ObjectRange(range, of: partition, under: prefix, after: nil)
        while let objects = try await listing.next(client, limit: capabilities.limits.pageKeysMax) {
            total = objects.reduce(total) { $0 + weight($1) }
        }
        return Measurement(total, .exact)
    }
}

// MARK: - Writing

extension BucketObjects {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try requireOpen()
        try batch.validate(for: capabilities)
        guard batch.epoch == nil else {
            throw .unsupported("A raw bucket has no fence: it takes part in no migration.")
        }
        let operation = batch.operations[0]
        guard let name = name(of: operation.key) else {
            throw .invalidArgument(
                "A key of a raw bucket is UTF-8, and its partition is the bucket.",
                ["key": "\(operation.key)"]
            )
        }
        switch operation.action {
        case .put(let value):
            guard let etag = try await client.put(name, value, if: .none) else { throw .strangeReply() }
            let revision = TaggedRow.revision(of: operation.key, etag: etag, in: identity)
            return WriteReceipt([.init(revision: revision)])
        case .delete:
            _ = try await client.delete(name, if: .none)
            return WriteReceipt([.init()])
        case .bury, .add, .check:
            throw .unsupported("A raw bucket has no tombstones, additions and checks.")
        }
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        await resultsSideBySide(batches, atMost: ListedObject.atOnce) { (batch) throws(StoreError) in
            try await self.write(batch)
        }
    }
}

// MARK: - URLs

extension BucketObjects {
    /// What whoever has a URL may do with it.
    public enum URLPurpose: String, Hashable, Sendable {
        /// Read the object.
        case read = "GET"
        /// Write the object, whatever is there.
        case write = "PUT"
    }

    /// A URL for a key's object that needs no credentials, for some time from now. Nothing is asked of the server, so the
    /// object need not be there. Whoever learns the URL can use it. One that is signed with credentials that are lent for
    /// some time ends with them.
    ///
    /// - Parameters:
    ///   - key: the key of the object.
    ///   - purpose: what it is good for, and nothing else.
    ///   - duration: for how long, 1 second to 7 days, in whole seconds.
    public func url(of key: Key, to purpose: URLPurpose, for duration: Duration) async throws(StoreError) -> String {
        try Key.validate([key], for: capabilities.limits)
        let caller = client.caller
        guard let name = name(of: key) else {
            throw .invalidArgument(
                "A key of a raw bucket is UTF-8, and its partition is the bucket.",
                ["key": "\(key)"]
            )
        }
        let request = SignableRequest(
            purpose.rawValue,
            host: caller.endpoint.authority,
            path: client.path(name)
        )
        let seconds = Int(clamping: duration.components.seconds)
        guard let url = try await caller.url(request, for: seconds) else {
            throw .invalidArgument("A URL is good for 1 second to 7 days.", ["seconds": "\(seconds)"])
        }
        return url
    }
}

/// There is nothing to fence.
extension BucketObjects {
    public func bins() async throws(StoreError) -> [Bin] { [] }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence { throw .noSuchBin(bin) }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        throw .noSuchBin(bin)
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        throw .noSuchBin(bin)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { throw .noSuchBin(bin) }
}
#endif
