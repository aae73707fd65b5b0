import KeyValue

/// A place in the replication stream of one Redis, which outlives connections and the processes on both sides.
///
/// A server keeps some of its stream, its backlog, and can go on from every place in it; `repl-backlog-size` says how
/// much, 1 MiB unless it was set.
struct RedisStreamPosition: Hashable, Sendable {
    /// The replication id of the stream: 40 hexadecimal digits.
    var id: String
    /// How many bytes of the stream lie before this place.
    var offset: UInt64
    /// The logical database that commands behind it refer to, until one selects another; nil where the stream has not
    /// said yet.
    var database: Int?

    /// Its text: the three parts behind each other, with spaces between, and a hyphen for a database that is not known.
    var text: String { "\(id) \(offset) \(database.map { "\($0)" } ?? "-")" }

    init(id: String, offset: UInt64, database: Int?) {
        self.id = id
        self.offset = offset
        self.database = database
    }

    /// The position behind a text; throws ``StoreError/Code/corrupted`` for any other.
    init(text: String) throws(StoreError) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, RedisStreamPosition.isID(parts[0]), let offset = UInt64(parts[1]), offset < 1 << 62
        else { throw RedisStreamPosition.unreadable }
        let database = Int(parts[2])
        guard parts[2] == "-" || (database ?? -1) >= 0 else { throw RedisStreamPosition.unreadable }
        self.init(id: String(parts[0]), offset: offset, database: database)
    }

    private static var unreadable: StoreError {
        StoreError(.corrupted, "The position of a replication stream can't be read: install capture again.")
    }

    /// Whether a word can be the id of a stream.
    static func isID(_ word: some StringProtocol) -> Bool { word.utf8.count == 40 && word.allSatisfy(\.isHexDigit) }
}

/// A change that the stream tells of.
struct RedisChange: Hashable, Sendable {
    enum Subject: Hashable, Sendable {
        /// Perhaps this key of this database, or of any where that is nil: it was written, deleted, has expired, or was
        /// named by a command that writes.
        case key([UInt8], database: Int?)
        /// Any number of keys of this database, or of any where that is nil: it was emptied or exchanged, or a command
        /// is not known.
        case everything(database: Int?)
    }

    var subject: Subject
    /// The place behind the command.
    var position: RedisStreamPosition
}
