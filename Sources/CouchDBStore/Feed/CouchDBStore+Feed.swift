#if CouchDB
public import KeyValue
import StoreHTTP

/// The feed of changes is the database's own: one row a document, at its last change. A position in it is the server's
/// `seq`, which stays valid as long as the database does; nothing is ever too old, since the server keeps the last
/// change of every document, deleted ones included.
extension CouchDBStore {
    public func feedPosition() async throws(StoreError) -> FeedPosition {
        try requireOpen()
        guard capabilities.changeFeed else { throw .noFeed }
        return try FeedPosition(sequence: try await changes(since: "now", limit: 1)["last_seq"])
    }

    public func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage? {
        let limit = try capabilities.limits.listingLimit(limit)
        try requireOpen()
        guard capabilities.changeFeed else { throw .noFeed }
        let reply = try await changes(since: try position.sequence(), limit: limit)
        guard let rows = reply["results"]?.items, rows.count <= limit else { throw .strangeReply() }
        var changes: [KeyChange] = []
        for row in rows {
            guard let id = row["id"]?.text else { throw .strangeReply() }
            // The documents of the layout and of the fence are no rows of the store.
            guard let key = DocumentID.key(id.utf8) else { continue }
            changes.append(KeyChange(key: key, position: try FeedPosition(sequence: row["seq"])))
        }
        let end = try FeedPosition(sequence: reply["last_seq"])
        return ChangePage(changes: changes, position: end, isAtEnd: rows.count < limit)
    }

    private func changes(since sequence: String, limit: Int) async throws(StoreError) -> JSON {
        let target = "/_changes?since=\(PercentEncoding.encode(sequence))&limit=\(limit)"
        return try await database.call("GET", database.path + target) { (reply) throws(StoreError) in
            if reply.status == 400 { throw .noFeedPosition }
            guard reply.isSuccess else { throw database.failure(of: reply, changes: false) }
            guard let json = JSON(parsing: reply.body) else { throw .strangeReply() }
            return json
        }
    }
}

extension FeedPosition {
    private static let bytesMax = 6_000

    /// The server's own: a text, or a number where it is an old one.
    fileprivate init(sequence: JSON?) throws(StoreError) {
        guard let text = sequence?.text ?? sequence?.integer.map({ "\($0)" }),
            case let position = FeedPosition(bytes: Array(text.utf8)), position.isSequence
        else { throw .strangeReply() }
        self = position
    }

    fileprivate func sequence() throws(StoreError) -> String {
        guard isSequence else { throw .noFeedPosition }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var isSequence: Bool {
        guard let first = bytes.first, (0x30...0x39).contains(first), bytes.count <= FeedPosition.bytesMax else {
            return false
        }
        return bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
#endif
