import KeyValue

/// The statements that the bounds are made of.
final class DirectTable: @unchecked Sendable { // Under the same rule as its connection.
    let database: DirectDatabase
    private let select: DirectStatement
    private let range: DirectStatement
    private let all: DirectStatement
    private let replace: DirectStatement
    private let begin: DirectStatement
    private let beginToWrite: DirectStatement
    private let commit: DirectStatement
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    init(
        _ path: String,
        synchronous: DirectDatabase.Synchronous = .full,
        cacheMiB: Int = Workbench.writerCacheMiB
    ) throws {
        database = try DirectDatabase(path, synchronous: synchronous, cacheMiB: cacheMiB)
        select = try database.prepare("SELECT v FROM kv WHERE p = ?1 AND k = ?2")
        range = try database.prepare("SELECT p, k, v FROM kv WHERE p = ?1 AND k >= ?2 AND k < ?3 ORDER BY k LIMIT 100")
        all = try database.prepare("SELECT p, k, v FROM kv ORDER BY p, k")
        replace = try database.prepare(
            "REPLACE INTO kv(p, k, v) VALUES(?1, ?2, ?3)"
        )
        begin = try database.prepare("BEGIN")
        beginToWrite = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
    }

    deinit { buffer.deallocate() }

    /// Reads one record into a buffer; how many bytes its value has.
    func get(_ key: Key) throws -> Int {
        try key.partition.withUnsafeBytes { partition in
            try key.bytes.withUnsafeBytes { bytes in
                select.bind(1, partition)
                select.bind(2, bytes)
                defer { select.reset() }
                guard try select.step() else { return 0 }
                return copy(select.column(0), at: 0)
            }
        }
    }

    /// Reads the up to 100 records of a range of one partition into a buffer; how many bytes their keys and values
    /// have.
    func page(of partition: [UInt8], from lower: [UInt8], to upper: [UInt8]) throws -> Int {
        try partition.withUnsafeBytes { partition in
            try lower.withUnsafeBytes { lower in
                try upper.withUnsafeBytes { upper in
                    range.bind(1, partition)
                    range.bind(2, lower)
                    range.bind(3, upper)
                    defer { range.reset() }
                    var bytes = 0
                    while try range.step() {
                        bytes += copy(range.column(1), at: bytes)
                        bytes += copy(range.column(2), at: bytes)
                    }
                    return bytes
                }
            }
        }
    }

    /// Reads all records in order; how many bytes their keys and values have.
    func scan() throws -> Int {
        defer { all.reset() }
        var bytes = 0
        while try all.step() {
            var place = copy(all.column(0), at: 0)
            place += copy(all.column(1), at: place)
            place += copy(all.column(2), at: place)
            bytes += place
        }
        return bytes
    }

    /// A row where SQLite has it, until the next is read.
    struct Row {
        let partition: UnsafeRawBufferPointer
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
    }

    /// Reads all records in order.
    func scan(_ body: (Row) throws -> Void) throws {
        defer { all.reset() }
        while try all.step() { try body(Row(partition: all.column(0), key: all.column(1), value: all.column(2))) }
    }

    /// Writes records that lie one after the other, each behind its three lengths of four bytes; how many there were.
    func putAll(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var (place, rows) = (0, 0)
        while place < bytes.count {
            let lengths = (0..<3).map { Int(bytes.loadUnaligned(fromByteOffset: place + $0 * 4, as: UInt32.self)) }
            let key = place + 12 + lengths[0]
            let value = key + lengths[1]
            try put(
                UnsafeRawBufferPointer(rebasing: bytes[value..<value + lengths[2]]),
                partition: UnsafeRawBufferPointer(rebasing: bytes[place + 12..<key]),
                key: UnsafeRawBufferPointer(rebasing: bytes[key..<value])
            )
            place = value + lengths[2]
            rows += 1
        }
        return rows
    }

    /// Copies all records in order; how many there were.
    func copy(to target: DirectTable, rowsATransaction: Int) throws -> Int {
        defer { all.reset() }
        var rows = 0
        var hasMore = true
        while hasMore {
            try target.write {
                for _ in 0..<rowsATransaction {
                    hasMore = try all.step()
                    guard hasMore else { return }
                    try target.put(all.column(2), partition: all.column(0), key: all.column(1))
                    rows += 1
                }
            }
        }
        return rows
    }

    /// Writes one record.
    func put(_ value: [UInt8], at key: Key) throws {
        try key.partition.withUnsafeBytes { partition in
            try key.bytes.withUnsafeBytes { bytes in
                try value.withUnsafeBytes { value in try put(value, partition: partition, key: bytes) }
            }
        }
    }

    private func put(
        _ value: UnsafeRawBufferPointer,
        partition: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer
    ) throws {
        replace.bind(1, partition)
        replace.bind(2, key)
        replace.bind(3, value)
        defer { replace.reset() }
        _ = try replace.step()
    }

    /// Runs `body` in one read transaction.
    func read<Result>(_ body: () throws -> Result) throws -> Result {
        try transaction(begin, body)
    }

    /// Runs `body` in one write transaction.
    func write<Result>(_ body: () throws -> Result) throws -> Result {
        try transaction(beginToWrite, body)
    }

    private func transaction<Result>(_ begin: DirectStatement, _ body: () throws -> Result) throws -> Result {
        _ = try begin.step()
        begin.reset()
        let result = try body()
        _ = try commit.step()
        commit.reset()
        return result
    }

    private func copy(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: buffer[place...]).copyMemory(from: bytes)
        return bytes.count
    }
}
