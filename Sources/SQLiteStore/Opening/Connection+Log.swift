#if SQLite
import CSQLite

extension Connection {
    /// SQLite's file system takes less than 128 KiB at a time.
    private static let rewrittenBytes = 1 << 16

    /// Writes the log over itself, byte for byte, and flushes it.
    ///
    /// After a flush that failed, Linux takes the pages for written: they are read back as they should be, are not on
    /// the disk, and later flushes succeed without them. Moved from there into the database, a transaction could be
    /// there by half after a power loss. Written again, the pages are flushed again. Other programs may read meanwhile;
    /// the transaction keeps them from writing.
    func rewriteLog() throws(EngineError) {
        try run(.beginImmediate)
        let code = rewriteJournal()
        try run(.rollback)
        guard code == SQLITE_OK else { throw EngineError(code: code, connection: nil) }
    }

    /// The pointers are SQLite's own, which the connection keeps, and the buffer's, which outlives the calls.
    private func rewriteJournal() -> Int32 {
        var journal: UnsafeMutablePointer<sqlite3_file>?
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal)
        guard code == SQLITE_OK, let journal, let methods = journal.pointee.pMethods?.pointee else { return code }
        var size: sqlite3_int64 = 0
        let sized = methods.xFileSize(journal, &size)
        guard sized == SQLITE_OK, size > 0 else { return sized }
        var buffer = [UInt8](repeating: 0, count: Int(min(size, sqlite3_int64(Connection.rewrittenBytes))))
        var offset: sqlite3_int64 = 0
        while offset < size {
            let count = Int32(min(size - offset, sqlite3_int64(buffer.count)))
            let read = methods.xRead(journal, &buffer, count, offset)
            guard read == SQLITE_OK else { return read }
            let written = methods.xWrite(journal, buffer, count, offset)
            guard written == SQLITE_OK else { return written }
            offset += sqlite3_int64(count)
        }
        return methods.xSync(journal, SQLITE_SYNC_NORMAL)
    }
}
#endif
