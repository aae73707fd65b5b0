#if SQLite
import CSQLite
import KeyValue

/// One connection to the database file, with its prepared statements.
///
/// Sendable without a lock of its own, and opened without SQLite's: the writer's is used by the writer's thread
/// alone, and the pool lends a reader's to one read at a time.
final class Connection: @unchecked Sendable {
    enum Role {
        case writer
        case reader
    }

    let handle: OpaquePointer
    private var statements: [OpaquePointer?]
    /// Whether values were ever put aside; nil until it is asked.
    var knowsLargeValues: Bool?

    /// Opens the file, creating an empty one for the writer. Nothing is written to it yet.
    init(path: String, role: Role, configuration: SQLiteConfiguration) throws(EngineError) {
        let access = role == .writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path,
            &opened,
            access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
            configuration.vfs
        )
        guard code == SQLITE_OK, let opened else {
            let error = EngineError(code: code, connection: opened)
            sqlite3_close(opened)
            throw error
        }
        handle = opened
        statements = Array(repeating: nil, count: Query.slots)
        // Where the system forbids writing, SQLite opens for reading; that would leave a log that nobody can write to.
        if role == .writer, sqlite3_db_readonly(handle, "main") != 0 {
            throw EngineError(code: SQLITE_READONLY, connection: nil)
        }
        try configure(role, configuration)
    }

    deinit {
        for statement in statements { sqlite3_finalize(statement) }
        sqlite3_close(handle)
    }

    private func configure(_ role: Role, _ configuration: SQLiteConfiguration) throws(EngineError) {
        sqlite3_busy_timeout(handle, 5_000)
        // A stranger's file must not be able to make this program do anything: no code in the schema is trusted.
        for (option, isEnabled) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
            (SQLITE_DBCONFIG_ENABLE_VIEW, 0), (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
            // Only the writer moves the log into the database, when it says so.
            (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1),
        ] {
            try check(csqlite_configure(handle, option, Int32(isEnabled)))
        }
        let cacheBytes = role == .writer ? configuration.writerCacheBytes : configuration.readerCacheBytes
        try execute("PRAGMA cache_size = \(-(cacheBytes / 1_024))")
        try execute("PRAGMA wal_autocheckpoint = 0")
        try execute("PRAGMA mmap_size = 0")
        try execute("PRAGMA temp_store = MEMORY")
        try execute("PRAGMA cell_size_check = ON")
    }

    /// Throws unless `code` is success, a row or the end of the rows.
    func check(_ code: Int32) throws(EngineError) {
        guard code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE else { throw failure(code) }
    }

    func failure(_ code: Int32) -> EngineError { EngineError(code: code, connection: handle) }

    /// The prepared statement of a query; prepared once and kept.
    func statement(_ query: Query) throws(EngineError) -> Statement {
        if let prepared = statements[query.slot] { return Statement(handle: prepared) }
        let prepared = try prepare(query.text, flags: SQLITE_PREPARE_PERSISTENT)
        statements[query.slot] = prepared
        return Statement(handle: prepared)
    }

    private func prepare(_ text: String, flags: Int32) throws(EngineError) -> OpaquePointer {
        var prepared: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, text, -1, UInt32(flags), &prepared, nil))
        guard let prepared else { throw failure(SQLITE_MISUSE) }
        return prepared
    }

    /// Runs a kept query that has no parameters and no rows to read.
    func run(_ query: Query) throws(EngineError) {
        let statement = try statement(query)
        let code = statement.step()
        // The code of a failed step is that of its reset too; the message is still there.
        defer { statement.reset() }
        try check(code)
    }

    /// Runs one statement that is needed once; the first row's columns as text.
    @discardableResult
    func execute(_ text: String) throws(EngineError) -> [String] {
        let statement = Statement(handle: try prepare(text, flags: 0))
        defer { sqlite3_finalize(statement.handle) }
        var row: [String] = []
        while true {
            let code = statement.step()
            guard code == SQLITE_ROW else {
                try check(code)
                return row
            }
            if row.isEmpty { row = (0..<sqlite3_column_count(statement.handle)).map(statement.text) }
        }
    }

    /// The number in the first column of the only row of a pragma.
    func number(_ pragma: String) throws(EngineError) -> Int {
        guard let text = try execute("PRAGMA \(pragma)").first, let number = Int(text) else {
            throw EngineError(damage: "PRAGMA \(pragma) has no number")
        }
        return number
    }

    /// Whether a transaction is open.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
}
#endif
