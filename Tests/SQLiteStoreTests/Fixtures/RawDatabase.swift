#if SQLite
import CSQLite
import Testing

/// The database file, past the store.
final class RawDatabase {
    struct Failure: Error {
        let code: Int32
        let message: String
    }

    private let handle: OpaquePointer

    init(_ path: String, vfs: String? = nil, flags: Int32 = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) throws {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_EXRESCODE, vfs)
        self.handle = try #require(handle)
        try check(code)
    }

    deinit { sqlite3_close(handle) }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE else {
            throw Failure(code: code, message: String(cString: sqlite3_errmsg(handle)))
        }
    }

    /// Runs one statement; all its rows, all columns as text.
    @discardableResult
    func run(_ text: String) throws -> [[String]] {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, text, -1, &statement, nil))
        defer { sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while true {
            let code = sqlite3_step(statement)
            guard code == SQLITE_ROW else {
                try check(code)
                return rows
            }
            rows.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
                }
            )
        }
    }
}
#endif
