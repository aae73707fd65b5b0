#if S3
import KeyValue

/// The objects of a range, listed page by page.
struct RangeListing: Sendable {
    private let range: KeyRange
    private let layout: BucketLayout
    private let names: [UInt8]
    private var after: [UInt8]?
    private var isAtEnd = false

    init(_ range: KeyRange, _ layout: BucketLayout, after key: Key?) {
        self.range = range
        self.layout = layout
        let listing = layout.listing(of: range)
        names = listing.names
        after = key.map { layout.name(of: $0) } ?? listing.after
    }

    /// The next objects, at most `limit`; nil at the end. Objects that are none of the store's are passed over.
    mutating func next(_ client: BucketClient, limit: Int) async throws(StoreError) -> [ListedObject]? {
        guard !isAtEnd, limit > 0 else { return nil }
        let listing = try await client.list(names, after: after, limit: limit)
        var objects: [ListedObject] = []
        for object in listing.objects {
            guard let key = layout.key(of: object.name, in: range.space) else { continue }
            guard range.contains(key) else {
                // Names are in the order of keys, and nothing before the range is listed.
                isAtEnd = true
                break
            }
            objects.append(
                ListedObject(
                    key: key,
                    bytes: object.bytes,
                    etag: object.etag,
                    isTombstone: object.bytes == StoredObject.tombstoneBytes
                )
            )
        }
        if listing.isTruncated { after = listing.last } else { isAtEnd = true }
        return objects
    }
}
#endif
