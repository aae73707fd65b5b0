import JSONFormat

/// What Google Cloud Storage says of new objects, in the two ways in which it does.
public enum GoogleNotification {
    /// A body is no longer than this.
    public static let bytesMax = 1 << 20

    /// The object that a push request of Pub/Sub tells of: its body is JSON with a message, whose attributes name the
    /// event. Check ``PushAuthenticity`` first.
    ///
    /// - Returns: None for other events than that an object is there whole.
    /// - Throws: ``NotificationRefusal/Code/unreadable`` for what is no such message.
    public static func events(inPush body: [UInt8]) throws(NotificationRefusal) -> [ObjectEvent] {
        guard body.count <= bytesMax, let attributes = JSON(parsing: body)?["message"]?["attributes"],
            let kind = attributes["eventType"]?.text, let bucket = attributes["bucketId"]?.text,
            let name = attributes["objectId"]?.text
        else { throw unreadable }
        return kind == "OBJECT_FINALIZE" ? [ObjectEvent(bucket: bucket, name: name)] : []
    }

    /// The object that a request of a watched bucket's channel tells of: its body is the object's resource as JSON. Check
    /// the token of the channel first, the header `X-Goog-Channel-Token`.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - state: The header `X-Goog-Resource-State`: `sync` when the channel is made, `exists` for an object that is
    ///     there, `not_exists` for one that is gone.
    /// - Throws: ``NotificationRefusal/Code/unreadable`` for another state and for what is no such resource.
    public static func events(
        inChannel body: [UInt8],
        state: String?
    ) throws(NotificationRefusal) -> [ObjectEvent] {
        switch state {
        case "sync", "not_exists": return []
        case "exists":
            guard body.count <= bytesMax, let resource = JSON(parsing: body),
                resource["kind"]?.text == "storage#object", let bucket = resource["bucket"]?.text,
                let name = resource["name"]?.text
            else { throw unreadable }
            return [ObjectEvent(bucket: bucket, name: name)]
        default: throw unreadable
        }
    }

    private static let unreadable = NotificationRefusal(
        .unreadable,
        "The notification is none of a bucket's objects: see what its sender is configured to send."
    )
}
