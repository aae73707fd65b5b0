#if S3
import AWSClient
import KeyValue
import StoreHTTP

/// One page of a listing.
struct ObjectListing: Sendable {
    struct Object: Hashable, Sendable {
        let name: [UInt8]
        let bytes: Int
        let etag: String
    }

    let objects: [Object]
    /// What names were cut to, where they were.
    let groups: [[UInt8]]
    /// Whether more follows.
    let isTruncated: Bool
    /// What to ask for the next page by; nil where the server gives none.
    let continuation: String?

    /// A token without the quotation marks that some replies have around it.
    static func bare(_ etag: String) -> String { String(etag.drop { $0 == "\"" }.prefix { $0 != "\"" }) }

    /// Nil for what is no listing.
    init?(_ result: XMLElement) {
        guard result.name == "ListBucketResult", let truncated = result["IsTruncated"]?.text else { return nil }
        var objects: [Object] = []
        var groups: [[UInt8]] = []
        // A server that was asked to encode names says that it did.
        let isEncoded = result["EncodingType"]?.text == "url"
        for child in result.children {
            switch child.name {
            case "Contents":
                guard let name = child["Key"].flatMap({ ObjectListing.name($0.text, isEncoded) }),
                    let bytes = child["Size"].flatMap({ Int($0.text) }), bytes >= 0
                else { return nil }
                objects.append(
                    Object(name: name, bytes: bytes, etag: ObjectListing.bare(child["ETag"]?.text ?? ""))
                )
            case "CommonPrefixes":
                guard let prefix = child["Prefix"].flatMap({ ObjectListing.name($0.text, isEncoded) }) else {
                    return nil
                }
                groups.append(prefix)
            default: continue
            }
        }
        self.objects = objects
        self.groups = groups
        isTruncated = truncated == "true"
        continuation = result["NextContinuationToken"]?.text
    }

    private static func name(_ text: String, _ isEncoded: Bool) -> [UInt8]? {
        guard isEncoded else { return Array(text.utf8) }
        // A blank is written as in a form.
        let blanks = text.utf8.map { $0 == 0x2B ? 0x20 : $0 }
        return PercentEncoding.decode(blanks)
    }

    /// Whether there is nothing in it, and yet more to come.
    var isPassing: Bool { isTruncated && objects.isEmpty && groups.isEmpty && continuation != nil }

    /// Where the next page begins: behind this.
    var last: [UInt8]? {
        guard let object = objects.last?.name else { return groups.last }
        guard let group = groups.last else { return object }
        return ByteOrder.precedes(object, group) ? group : object
    }

    func isAscending(from names: [UInt8], after: [UInt8]?) -> Bool {
        for list in [objects.map(\.name), groups] {
            var last = after
            for name in list {
                guard name.starts(with: names), last.map({ ByteOrder.precedes($0, name) }) ?? true else { return false }
                last = name
            }
        }
        return !isTruncated || last != nil
    }
}
#endif
