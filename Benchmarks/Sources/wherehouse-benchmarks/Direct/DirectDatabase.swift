import CSQLiteDirect

/// SQLite through its C API, as a careful programmer would use it for this one table: the bound.
///
/// A connection is used by one thread at a time: either the one that made it, or the one that it was handed to for
/// the time of a run.
final class DirectDatabase: @unchecked Sendable {
    enum Synchronous: String {
        case full = "FULL"
        case normal = "NORMAL"
    }

    private let handle: OpaquePointer
    private var statements: [OpaquePointer] = []

    /// Opens or makes the database at `path`.
    init(_ path: String, synchronous: Synchronous = .full, cacheMiB: Int) throws {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        try DirectDatabase.check(sqlite3_open_v2(path, &opened, flags, nil))
        guard let opened else { throw DirectError(code: SQLITE_NOMEM) }
        handle = opened
        try execute("PRAGMA page_size = 4096")
        try execute("PRAGMA journal_mode = WAL")
        try execute("PRAGMA synchronous = \(synchronous.rawValue)")
        try execute("PRAGMA cache_size = -\(cacheMiB * 1_024)")
        try execute("PRAGMA wal_autocheckpoint = 4000")
        try execute("PRAGMA journal_size_limit = 67108864")
        try execute(
            "CREATE TABLE IF NOT EXISTS kv(p BLOB NOT NULL, k BLOB NOT NULL, v BLOB NOT NULL, PRIMARY KEY(p, k))"
                + " WITHOUT ROWID"
        )
    }

    deinit {
        for statement in statements { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Runs statements that return nothing.
    func execute(_ sql: String) throws {
        try DirectDatabase.check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// A statement to be used again and again; it lives as long as the connection.
    func prepare(_ sql: String) throws -> DirectStatement {
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try DirectDatabase.check(sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil))
        guard let prepared else { throw DirectError(code: SQLITE_MISUSE) }
        statements.append(prepared)
        return DirectStatement(handle: prepared)
    }

    static func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw DirectError(code: code) }
    }
}

/// A prepared statement.
struct DirectStatement {
    fileprivate let handle: OpaquePointer

    /// Binds bytes that stay where they are until the statement is reset.
    func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil)
    }

    func bind(_ index: Int32, _ number: Int64) {
        sqlite3_bind_int64(handle, index, number)
    }

    /// Whether there is a row.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw DirectError(code: code)
        }
    }

    func column(_ index: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(handle, index),
            count: Int(sqlite3_column_bytes(handle, index))
        )
    }

    func number(_ index: Int32) -> Int64 { sqlite3_column_int64(handle, index) }

    func reset() {
        sqlite3_reset(handle)
    }
}

/// The C API returned this.
struct DirectError: Error {
    var code: Int32
}
