#if SQLite
import CSQLite
import KeyValue

/// A row as it is stored.
struct Row {
    var value: [UInt8]
    var nonce: UInt64
    var isTombstone: Bool

    func entry(at key: Key, in store: StoreIdentity) -> Entry {
        Entry(
            key: key,
            value: value,
            revision: Revision(store: store, key: key, nonce: nonce),
            isTombstone: isTombstone
        )
    }
}

extension Statement {
    /// Binds, steps to the end and resets a statement that has no rows to read.
    func runOnce(on connection: Connection, _ bind: (Statement) -> Int32) throws(EngineError) {
        defer { reset() }
        try connection.check(bind(self))
        try connection.check(step())
    }

    /// Binds a key to the first two parameters for as long as `body` runs, which steps; resets. The code of whichever
    /// failed.
    @inline(__always)
    func withKey(_ key: Key, _ body: (Statement) -> Int32) -> Int32 {
        key.partition.withUnsafeBytes { partition in
            key.bytes.withUnsafeBytes { bytes in
                defer { reset() }
                var code = bind(borrowed: partition, at: 1)
                if code == SQLITE_OK { code = bind(borrowed: bytes, at: 2) }
                return code == SQLITE_OK ? body(self) : code
            }
        }
    }
}

extension Connection {
    /// The row at a key.
    func row(at key: Key) throws(EngineError) -> Row? {
        var row: Row?
        var isDamaged = false
        let code = try statement(.row(key.space)).withKey(key) { statement in
            let code = statement.step()
            guard code == SQLITE_ROW else { return code }
            let type = statement.type(1)
            isDamaged = (type != SQLITE_BLOB && type != SQLITE_NULL) || statement.type(0) != SQLITE_INTEGER
            row = Row(
                value: Array(statement.bytes(1)),
                nonce: statement.nonce(0),
                isTombstone: type == SQLITE_NULL
            )
            return code
        }
        try check(code)
        if isDamaged { throw EngineError(damage: "a row's columns are of other types than they were written with") }
        return row
    }

    /// Whether the row at a key is live; nil when there is none.
    func isLive(at key: Key) throws(EngineError) -> Bool? {
        var isLive: Bool?
        let code = try statement(.liveness(key.space)).withKey(key) { statement in
            let code = statement.step()
            if code == SQLITE_ROW { isLive = statement.integer(0) != 0 }
            return code
        }
        try check(code)
        return isLive
    }

    /// Writes a row; a tombstone without a value.
    func put(_ value: [UInt8]?, at key: Key, nonce: UInt64) throws(EngineError) {
        let code = try statement(.put(key.space)).withKey(key) { statement in
            var code = statement.bind(nonce, at: 3)
            guard code == SQLITE_OK else { return code }
            guard let value else {
                code = statement.bindNull(at: 4)
                return code == SQLITE_OK ? statement.step() : code
            }
            return value.withUnsafeBytes { value in
                code = statement.bind(borrowed: value, at: 4)
                guard code == SQLITE_OK else { return code }
                code = statement.step()
                // Here, while the value is where it was bound.
                statement.reset()
                return code
            }
        }
        try check(code)
    }

    /// Removes the row at a key.
    func remove(_ key: Key) throws(EngineError) {
        try check(try statement(.remove(key.space)).withKey(key) { $0.step() })
    }
}
#endif
