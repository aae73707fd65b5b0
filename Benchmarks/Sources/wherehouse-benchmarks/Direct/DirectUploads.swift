import SwiftProtobuf

/// A table of uploads with indexes equal to those of the records, and hand-written SQL.
final class DirectUploads: @unchecked Sendable { // Under the same rule as its connection.
    let database: DirectDatabase
    private let insert: DirectStatement
    private let replace: DirectStatement
    private let page: DirectStatement
    private let largePage: DirectStatement
    private let count: DirectStatement

    init(_ path: String, cacheMiB: Int) throws {
        database = try DirectDatabase(path, synchronous: .normal, cacheMiB: cacheMiB)
        try database.execute(
            "CREATE TABLE IF NOT EXISTS uploads(name BLOB NOT NULL UNIQUE, owner BLOB NOT NULL, created INTEGER NOT NULL, "
                + "size INTEGER NOT NULL, body BLOB NOT NULL)"
        )
        try database.execute("CREATE INDEX IF NOT EXISTS by_owner ON uploads(owner, created, name)")
        insert = try database.prepare("INSERT INTO uploads VALUES(?1, ?2, ?3, ?4, ?5)")
        replace = try database.prepare(
            "UPDATE uploads SET owner = ?2, created = ?3, size = ?4, body = ?5 WHERE name = ?1"
        )
        let query = "SELECT body FROM uploads WHERE owner = ?1"
        let order = "ORDER BY created DESC, name DESC LIMIT 50"
        page = try database.prepare("\(query) \(order)")
        largePage = try database.prepare("\(query) AND size > ?2 \(order)")
        count = try database.prepare("SELECT count(*) FROM uploads")
    }

    /// The indexes by time and by size.
    func addIndexes() throws {
        try database.execute("CREATE INDEX by_created ON uploads(created, name)")
        try database.execute("CREATE INDEX by_size ON uploads(size, name)")
    }

    func fill(_ count: Int) throws {
        for start in stride(from: 0, to: count, by: 10_000) {
            try database.execute("BEGIN IMMEDIATE")
            for number in start..<min(count, start + 10_000) { try run(insert, UploadRecords.message(number)) }
            try database.execute("COMMIT")
        }
    }

    /// Replaces an upload that is there, in a transaction of its own.
    func save(_ message: UploadMessage) throws { try run(replace, message) }

    private func run(_ statement: DirectStatement, _ message: UploadMessage) throws {
        let body: [UInt8] = try message.serializedBytes()
        try Array(message.name.utf8).withUnsafeBytes { name in
            try Array(message.owner.utf8).withUnsafeBytes { owner in
                try body.withUnsafeBytes { body in
                    statement.bind(1, name)
                    statement.bind(2, owner)
                    statement.bind(3, message.created)
                    statement.bind(4, Int64(clamping: message.size))
                    statement.bind(5, body)
                    defer { statement.reset() }
                    _ = try statement.step()
                }
            }
        }
    }

    /// The newest 50 uploads of an owner; of the larger half only, if wished.
    func newest(of owner: String, onlyLarge: Bool = false) throws -> Int {
        let statement = onlyLarge ? largePage : page
        return try Array(owner.utf8).withUnsafeBytes { owner in
            statement.bind(1, owner)
            if onlyLarge { statement.bind(2, UploadRecords.middleSize) }
            defer { statement.reset() }
            var sum = 0
            while try statement.step() {
                sum += UploadRecords.digest(try UploadMessage(serializedBytes: Array(statement.column(0))))
            }
            return sum
        }
    }

    /// How many there are, counted one by one, as SQLite does.
    func counted() throws -> Int {
        defer { count.reset() }
        return try count.step() ? Int(count.number(0)) : 0
    }
}
