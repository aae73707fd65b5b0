#if SQLite
import CSQLite
import KeyValue

/// Where a value lies that has no room in its row: in the table `large_values`.
///
/// SQLite keeps about a quarter of a page of a row in the tree and chains the rest in pages of its own, a whole page
/// for the first byte too many. Measured with 1,200 bytes a value: beside the tree they take a third of the space, are
/// written 2.5 times as fast and read three times as fast, and scans of keys alone are three times as fast. At 8 KiB
/// only those scans still gain.
struct LargeValue {
    private static let countBits = 25

    let id: Int
    /// Bytes of the value.
    let count: Int

    /// From what stands in the row.
    init(reference: Int) {
        id = reference >> LargeValue.countBits
        count = reference & (1 << LargeValue.countBits - 1)
    }

    /// Nil for numbers that the row has no room for.
    init?(id: Int, count: Int) {
        guard 1..<(1 << (62 - LargeValue.countBits)) ~= id, 0..<(1 << LargeValue.countBits) ~= count else { return nil }
        self.id = id
        self.count = count
    }

    /// What stands in the row: the count in the lower 25 bits, the identifier above. Never 0.
    var reference: Int { id << LargeValue.countBits | count }

    /// The length of a value wherever it is, without reading it.
    static let lengthQuery = "CASE typeof(v) WHEN 'integer' THEN v & \(1 << countBits - 1) ELSE length(v) END"

    /// Whether a row of this key and value would be longer than a page of the tree keeps: 1,002 bytes of 4,096, of which
    /// some are SQLite's and the nonce's. A short value beside a long key stays.
    static func isLarge(_ value: [UInt8], at key: Key) -> Bool {
        value.count > 256 && key.partition.count + key.bytes.count + value.count > 960
    }
}

extension Connection {
    /// Whether there may be any: once there was one, every write has to look.
    func hasLargeValues() throws(EngineError) -> Bool {
        if let known = knowsLargeValues { return known }
        let statement = try statement(.hasLargeValues)
        defer { statement.reset() }
        try check(statement.step())
        let known = statement.integer(0) != 0
        knowsLargeValues = known
        return known
    }

    func insert(_ value: [UInt8]) throws(EngineError) -> LargeValue {
        knowsLargeValues = true
        let statement = try statement(.putLargeValue)
        let code = value.withUnsafeBytes { bytes in
            defer { statement.reset() }
            let code = statement.bind(borrowed: bytes, at: 1)
            return code == SQLITE_OK ? statement.step() : code
        }
        try check(code)
        guard let large = LargeValue(id: Int(sqlite3_last_insert_rowid(handle)), count: value.count) else {
            throw EngineError(code: SQLITE_FULL, connection: nil)
        }
        return large
    }

    func remove(_ large: LargeValue) throws(EngineError) {
        try statement(.removeLargeValue).runOnce(on: self) { $0.bind(large.id, at: 1) }
    }

    /// Lends the bytes of a large value.
    func withBytes<Result>(
        of large: LargeValue,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(EngineError) -> Result {
        let statement = try statement(.largeValue)
        defer { statement.reset() }
        try check(statement.bind(large.id, at: 1))
        let code = statement.step()
        try check(code)
        guard code == SQLITE_ROW, statement.type(0) == SQLITE_BLOB, statement.bytes(0).count == large.count else {
            throw EngineError(damage: "a large value is not where its row says")
        }
        return body(statement.bytes(0))
    }
}
#endif
