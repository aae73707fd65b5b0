#if SQLite
import CSQLite
import KeyValue

/// The layout of the file, format 1.
///
/// One table a space: `p` the partition, `k` the key, `r` the nonce of the write, `v` the value, NULL for a tombstone,
/// and an integer where the value is in `large_values`: see ``LargeValue``.
/// The nonce stands before the value, so that reading it does not read a long value's pages. Byte strings are BLOBs,
/// which SQLite orders as unsigned bytes. Without a rowid a table is one tree in the order of its keys.
enum Schema {
    /// "WhHs": what tells this program's files from other SQLite databases.
    static let applicationID = 0x5768_4873
    static let format = 1

    private static let tables =
        KeySpace.allCases.map {
            """
            CREATE TABLE \($0.table)(p BLOB NOT NULL, k BLOB NOT NULL, r INTEGER NOT NULL, v BLOB, \
            PRIMARY KEY (p, k)) WITHOUT ROWID
            """
        } + [
            "CREATE TABLE large_values(id INTEGER PRIMARY KEY, v BLOB NOT NULL)",
            "CREATE TABLE marks(id BLOB NOT NULL PRIMARY KEY, keys BLOB NOT NULL) WITHOUT ROWID",
            "CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        ]

    /// Throws unless the file is empty or of this format; whether it is empty. Writes nothing.
    static func inspect(_ connection: Connection) throws(StoreError) -> Bool {
        let (application, format, objects) = try connection.opening { (connection) throws(EngineError) in
            (
                try connection.number("application_id"), try connection.number("user_version"),
                try connection.execute("SELECT count(*) FROM sqlite_schema").first ?? ""
            )
        }
        if application == 0, format == 0, objects == "0" { return true }
        guard application == applicationID else {
            throw .invalidArgument(
                "The file is an SQLite database of another program: choose another path. It was not changed.",
                ["application_id": "\(application)", "user_version": "\(format)", "objects": objects]
            )
        }
        guard format <= Schema.format else {
            throw StoreError(
                .newerFormat,
                "The database is of a newer format: use a newer release.",
                ["format": "\(format)", "known": "\(Schema.format)"]
            )
        }
        guard format == Schema.format else {
            throw StoreError(
                .corrupted,
                "The database has no format: restore it from a copy.",
                ["format": "\(format)"]
            )
        }
        return false
    }

    /// Lays the tables out in an empty file, all or nothing.
    static func create(in connection: Connection) throws(EngineError) {
        try connection.run(.beginImmediate)
        for table in tables { try connection.execute(table) }
        try connection.execute("PRAGMA application_id = \(applicationID)")
        try connection.execute("PRAGMA user_version = \(format)")
        try connection.putFence(.open)
        try connection.run(.commit)
    }
}

extension Connection {
    /// Runs one step of opening.
    func opening<Result>(_ body: (Connection) throws(EngineError) -> Result) throws(StoreError) -> Result {
        do throws(EngineError) {
            return try body(self)
        } catch {
            throw error.openingError
        }
    }

    /// The fence as it is kept.
    func fence() throws(StoreError) -> Fence {
        let bytes = try opening { (connection) throws(EngineError) in
            let statement = try connection.statement(.fence)
            defer { statement.reset() }
            let code = statement.step()
            try connection.check(code)
            return code == SQLITE_ROW ? Array(statement.bytes(0)) : []
        }
        return try Fence(encoded: bytes)
    }

    func putFence(_ fence: Fence) throws(EngineError) {
        let statement = try statement(.putFence)
        defer { statement.reset() }
        try check(statement.bind(fence.encoded, at: 1))
        try check(statement.step())
    }
}
#endif
