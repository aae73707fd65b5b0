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
        var failure: EngineError?
        let code = try statement(.row(key.space)).withKey(key) { statement in
            let code = statement.step()
            guard code == SQLITE_ROW else { return code }
            // A large value is read before the row is left, so that both are of one moment.
            do throws(EngineError) {
                let value = try value(statement.column(1)) { Array($0) }
                guard statement.type(0) == SQLITE_INTEGER else { throw EngineError(damage: "a row has no nonce") }
                row = Row(value: value ?? [], nonce: statement.nonce(0), isTombstone: value == nil)
            } catch {
                failure = error
            }
            return code
        }
        try check(code)
        if let failure { throw failure }
        return row
    }

    /// What a row's last column stands for, wherever it is; nil for a tombstone. Valid while `body` runs.
    func value<Result>(
        _ column: Column,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(EngineError) -> Result? {
        switch column.type {
        case SQLITE_NULL: return nil
        case SQLITE_BLOB: return body(column.bytes)
        case SQLITE_INTEGER: return try withBytes(of: LargeValue(reference: column.integer), body)
        default: throw EngineError(damage: "a value is of another type than it was written with")
        }
    }

    /// What is at a key.
    func occupant(at key: Key) throws(EngineError) -> Occupant {
        var occupant = Occupant.vacant
        let code = try statement(.occupant(key.space)).withKey(key) { statement in
            let code = statement.step()
            guard code == SQLITE_ROW else { return code }
            let column = statement.column(0)
            occupant =
                switch (column.type, column.integer) {
                case (SQLITE_NULL, _): .tombstone
                case (_, 0): .value
                case (_, let reference): .largeValue(LargeValue(reference: reference))
                }
            return code
        }
        try check(code)
        return occupant
    }

    /// Writes a row; a tombstone without a value.
    func put(_ value: [UInt8]?, at key: Key, nonce: UInt64) throws(EngineError) {
        // What is there has to be known only if it can be a large value.
        if try hasLargeValues(), case .largeValue(let large) = try occupant(at: key) { try remove(large) }
        var reference: Int?
        if let value, LargeValue.isLarge(value, at: key) { reference = try insert(value).reference }
        let code = try statement(.put(key.space)).withKey(key) { statement in
            var code = statement.bind(nonce, at: 3)
            guard code == SQLITE_OK else { return code }
            guard let value, reference == nil else {
                code = reference.map { statement.bind($0, at: 4) } ?? statement.bindNull(at: 4)
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

    /// Removes the row at a key, given what is there.
    func remove(_ occupant: Occupant, at key: Key) throws(EngineError) {
        if case .largeValue(let large) = occupant { try remove(large) }
        if case .vacant = occupant { return }
        try check(try statement(.remove(key.space)).withKey(key) { $0.step() })
    }
}

/// What is at a key, as far as a writer has to know.
enum Occupant {
    case vacant
    case tombstone
    case value
    case largeValue(LargeValue)

    var isLive: Bool {
        switch self {
        case .vacant, .tombstone: false
        case .value, .largeValue: true
        }
    }
}
#endif
