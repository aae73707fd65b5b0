#if SQLite
import CSQLite
import Glibc
import KeyValue

/// What a call of SQLite's returned instead of success.
struct EngineError: Error {
    /// The extended result code; https://www.sqlite.org/rescode.html lists them.
    let code: Int32
    /// SQLite's own words.
    let detail: String
    /// The error of the operating system below, 0 for none.
    let systemError: Int32

    init(code: Int32, connection: OpaquePointer?) {
        self.code = code
        detail = connection.flatMap(sqlite3_errmsg).map { String(cString: $0) } ?? String(cString: sqlite3_errstr(code))
        systemError = connection.map(sqlite3_system_errno) ?? 0
    }

    /// For rows that SQLite reads well and that this store can't have written.
    init(damage: String) {
        code = SQLITE_CORRUPT
        detail = damage
        systemError = 0
    }

    /// The result code without its extension.
    var primaryCode: Int32 { code & 0xFF }

    /// Whether a transaction whose COMMIT returned this was certainly not applied.
    ///
    /// The frame that makes a transaction valid is the last one written to the log, so one that ran out of space
    /// has none. After any other failure, of a flush above all, it may be on the disk or not.
    var leavesCommitUndone: Bool { [SQLITE_FULL, SQLITE_BUSY, SQLITE_LOCKED].contains(primaryCode) }

    /// Whether a checkpoint that returned this leaves everything safe in the log.
    ///
    /// A quota that is used up is a failed write to SQLite. (Of a COMMIT it does not tell the system's error.)
    var leavesLogIntact: Bool { leavesCommitUndone || (code == EngineError.failedWrite && lacksRoom) }

    private var lacksRoom: Bool { systemError == ENOSPC || systemError == EDQUOT }

    private var metadata: [String: String] {
        var metadata = ["sqlite": detail, "code": "\(code)"]
        if systemError != 0 { metadata["system"] = String(cString: strerror(systemError)) }
        return metadata
    }

    /// The same for callers of a store, given that nothing was written.
    var storeError: StoreError {
        switch primaryCode {
        // The log's index may find no room, too, which SQLite does not tell from a broken disk.
        case SQLITE_FULL,
            SQLITE_IOERR where primaryCode == SQLITE_FULL || lacksRoom:
            StoreError(.full, "There is no room on the disk, or for this user: make room.", metadata)
        case SQLITE_READONLY:
            StoreError(.readOnly, "The database can't be written to: check the file and its directory.", metadata)
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT:
            StoreError(.corrupted, "The database is damaged: restore it from a copy.", metadata)
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            StoreError(.locked, "Another program holds a lock on the database: end it.", metadata)
        case SQLITE_PERM, SQLITE_AUTH:
            StoreError(.permissionDenied, "The system does not let this user at the database.", metadata)
        case SQLITE_CANTOPEN where systemError == EACCES || systemError == EPERM:
            StoreError(.permissionDenied, "The system does not let this user at the database.", metadata)
        case SQLITE_TOOBIG:
            StoreError(.tooLarge, "The record is larger than this SQLite takes.", metadata)
        case SQLITE_IOERR where code == EngineError.damagedFileSystem:
            StoreError(.corrupted, "The file system is damaged: repair it.", metadata)
        case SQLITE_IOERR:
            StoreError(.unavailable, "The disk failed to read or write: check it.", metadata)
        case SQLITE_CANTOPEN:
            StoreError(.unavailable, "The database can't be opened: check the file and its directory.", metadata)
        default:
            StoreError(.unavailable, "SQLite can't serve the request.", metadata)
        }
    }

    /// The same where the file was just opened: one that is no database is a wrong path rather than damage.
    var openingError: StoreError {
        guard primaryCode == SQLITE_NOTADB else { return storeError }
        return .invalidArgument(
            """
            The file is not an SQLite database, or its beginning is damaged: choose another path, or restore it from \
            a copy. It was not changed.
            """,
            metadata
        )
    }

    // SQLITE_IOERR_CORRUPTFS and SQLITE_IOERR_WRITE, whose macros are expressions that Swift does not import.
    private static let damagedFileSystem: Int32 = SQLITE_IOERR | (33 << 8)
    private static let failedWrite: Int32 = SQLITE_IOERR | (3 << 8)
}
#endif
