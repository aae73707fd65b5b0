#if SQLite
import CSQLite

/// A prepared statement that its connection keeps. Valid as long as the connection, used by one task at a time.
///
/// Whoever steps it resets it, so that no read transaction stays open.
struct Statement {
    let handle: OpaquePointer

    /// Binds bytes that are copied.
    func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        bytes.withUnsafeBytes { csqlite_bind_copy(handle, index, $0.baseAddress, UInt64($0.count)) }
    }

    /// Binds bytes that stay where they are until the statement is reset.
    func bind(borrowed bytes: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        csqlite_bind_borrowed(handle, index, bytes.isEmpty ? nil : bytes.baseAddress, UInt64(bytes.count))
    }

    func bind(_ nonce: UInt64, at index: Int32) -> Int32 {
        sqlite3_bind_int64(handle, index, Int64(bitPattern: nonce))
    }

    func bind(_ integer: Int, at index: Int32) -> Int32 { sqlite3_bind_int64(handle, index, Int64(integer)) }

    func bindNull(at index: Int32) -> Int32 { sqlite3_bind_null(handle, index) }

    /// `SQLITE_ROW`, `SQLITE_DONE` or an error's code.
    func step() -> Int32 { sqlite3_step(handle) }

    @discardableResult
    func reset() -> Int32 { sqlite3_reset(handle) }

    /// The bytes of a column, valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // The pointer first: asked in the other order, SQLite may convert between the two.
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func nonce(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }

    func type(_ column: Int32) -> Int32 { sqlite3_column_type(handle, column) }

    /// A column of the row, valid until the next step: for whoever asks for more than one thing, or for many rows.
    func column(_ index: Int32) -> Column { Column(handle: sqlite3_column_value(handle, index)) }

    func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }
}

/// A column of a row that a statement stands on.
///
/// SQLite calls such a value unprotected: it takes no lock to look at it. None is needed, since a connection is used
/// by one task at a time.
struct Column {
    fileprivate let handle: OpaquePointer?

    var type: Int32 { sqlite3_value_type(handle) }

    var integer: Int { Int(sqlite3_value_int64(handle)) }

    var nonce: UInt64 { UInt64(bitPattern: sqlite3_value_int64(handle)) }

    var bytes: UnsafeRawBufferPointer {
        // The pointer first, as in a statement.
        let start = sqlite3_value_blob(handle)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(handle)))
    }
}
#endif
