import JSONFormat
import StoreHTTP

/// What servers of buckets say of new objects, as the body of an HTTP request.
///
/// Two forms are read: that of Amazon S3's event message (versions 2 and later), which other servers of that protocol
/// send too, with several records and encoded names; and that of Cloudflare R2's event notification, with one object.
public enum BucketNotification {
    /// A body is no longer than this.
    public static let bytesMax = 1 << 20
    private static let recordsMax = 1_000

    /// The objects that are said to be there now; of other events, such as that one was removed, none.
    ///
    /// - Throws: ``NotificationRefusal/Code/unreadable`` for what is of neither form.
    public static func events(in body: [UInt8]) throws(NotificationRefusal) -> [ObjectEvent] {
        guard body.count <= bytesMax, let message = JSON(parsing: body), message.members != nil else {
            throw unreadable
        }
        if let records = message["Records"]?.items {
            guard records.count <= recordsMax else { throw unreadable }
            var events: [ObjectEvent] = []
            for record in records { if let event = try event(of: record) { events.append(event) } }
            return events
        }
        // What a server sends once to see whether anybody is there.
        if message["Event"]?.text == "s3:TestEvent" { return [] }
        guard let action = message["action"]?.text, let bucket = message["bucket"]?.text,
            let name = message["object"]?["key"]?.text
        else { throw unreadable }
        let isCreated = ["PutObject", "CopyObject", "CompleteMultipartUpload"].contains(action)
        return isCreated ? [ObjectEvent(bucket: bucket, name: name)] : []
    }

    private static func event(of record: JSON) throws(NotificationRefusal) -> ObjectEvent? {
        guard let kind = record["eventName"]?.text, let bucket = record["s3"]?["bucket"]?["name"]?.text,
            let key = record["s3"]?["object"]?["key"]?.text, let name = decoded(key)
        else { throw unreadable }
        return kind.hasPrefix("ObjectCreated:") || kind.hasPrefix("s3:ObjectCreated:")
            ? ObjectEvent(bucket: bucket, name: name) : nil
    }

    /// Names are encoded as forms are: a blank is a plus sign.
    private static func decoded(_ text: String) -> String? {
        let blanks = text.utf8.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }
        return PercentEncoding.decode(blanks).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static let unreadable = NotificationRefusal(
        .unreadable,
        "The notification is none of a bucket's objects: see what its sender is configured to send."
    )
}
