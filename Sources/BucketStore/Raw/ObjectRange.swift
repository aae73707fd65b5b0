#if S3
import KeyValue

/// The plain objects of a range of keys, listed page by page.
struct ObjectRange: Sendable {
    private let range: KeyRange
    private let partition: [UInt8]
    private let prefix: [UInt8]
    /// What the names begin with that are listed.
    private let names: [UInt8]
    private var after: [UInt8]?
    private var isAtEnd = false

    init(_ range: KeyRange, of partition: [UInt8], under prefix: [UInt8], after last: Key?) {
        self.range = range
        self.partition = partition
        self.prefix = prefix
        var names = prefix
        switch range.extent {
        case .all: break
        case .partitions(let lower, let upper):
            if let lower, ByteOrder.precedes(partition, lower) { isAtEnd = true }
            if let upper, !ByteOrder.precedes(partition, upper) { isAtEnd = true }
        case .keys(let other, let lower, let upper):
            if other != partition { isAtEnd = true }
            if let lower {
                // Of a lower bound of another kind, a name before it is what it begins with.
                let text = String(decoding: lower, as: UTF8.self)
                let isText = Array(text.utf8) == lower
                if isText, ByteOrder.end(ofPrefix: lower) == upper {
                    names += lower
                } else if isText {
                    after = prefix + Array(text.dropLast().utf8)
                }
            }
        }
        if range.space != .records { isAtEnd = true }
        if let last { after = prefix + last.bytes }
        self.names = names
    }

    /// The next objects, at most `limit`, and perhaps none; nil at the end.
    mutating func next(_ client: BucketClient, limit: Int) async throws(StoreError) -> [ListedObject]? {
        guard !isAtEnd, limit > 0 else { return nil }
        let listing = try await client.list(names, after: after, limit: limit, isEncoded: true)
        var found: [ListedObject] = []
        for object in listing.objects {
            let key = Key(partition: partition, bytes: Array(object.name.dropFirst(prefix.count)))
            // An object that has the prefix alone for its name is none of those under it.
            if key.bytes.isEmpty { continue }
            if range.contains(key) {
                found.append(ListedObject(key: key, bytes: object.bytes, etag: object.etag, isTombstone: false))
            } else if case .keys(_, _, let upper?) = range.extent, !ByteOrder.precedes(key.bytes, upper) {
                isAtEnd = true
                break
            }
        }
        if listing.isTruncated { after = listing.last } else { isAtEnd = true }
        return found
    }
}
#endif
