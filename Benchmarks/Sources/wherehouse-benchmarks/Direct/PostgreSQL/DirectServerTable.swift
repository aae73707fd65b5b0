import CLibpqDirect
import KeyValue

/// libpq, one call after the other, over a table like the store's.
final class DirectServerTable: @unchecked Sendable { // One thread at a time uses it.
    private let connection: OpaquePointer

    static let definition = """
        CREATE TABLE entries (s smallint NOT NULL, p bytea NOT NULL, k bytea NOT NULL, r bigint NOT NULL, v bytea, \
        PRIMARY KEY (s, p, k)); ALTER TABLE entries ALTER COLUMN v SET STORAGE EXTERNAL;
        """

    init(_ url: String) throws {
        guard let connection = PQconnectdb(url) else { throw DirectFailure(message: "no memory") }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else { throw failure }
    }

    deinit { PQfinish(connection) }

    private var failure: DirectFailure {
        DirectFailure(message: PQerrorMessage(connection).map { String(cString: $0) } ?? "")
    }

    func run(_ sql: String) throws {
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else { throw failure }
    }

    func prepare() throws {
        try prepare([
            ("get", "SELECT r, v FROM entries WHERE s = 0 AND p = $1::bytea AND k = $2::bytea"),
            (
                "put",
                "INSERT INTO entries VALUES (0, $1::bytea, $2::bytea, 1, $3::bytea) ON CONFLICT (s, p, k) "
                    + "DO UPDATE SET r = excluded.r, v = excluded.v"
            ),
        ])
    }

    /// Prepares statements, each a name and its text.
    func prepare(_ texts: [(String, String)]) throws {
        for (name, text) in texts {
            let result = PQprepare(connection, name, text, 0, nil)
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure }
        }
    }

    /// How many bytes the value has.
    func get(_ key: Key) throws -> Int {
        try call("get", [key.partition, key.bytes]) { Int(PQgetlength($0, 0, 1)) }
    }

    func put(_ value: [UInt8], at key: Key) throws {
        _ = try call("put", [key.partition, key.bytes, value]) { _ in 0 }
    }

    /// What is read of the result of a prepared statement.
    func call(_ name: String, _ parameters: [[UInt8]], _ read: (OpaquePointer?) throws -> Int) throws -> Int {
        let lengths = parameters.map { Int32($0.count) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        return try parameters.flatMap { $0 }.withUnsafeBytes { block in
            var offset = 0
            let values = lengths.map { length in
                defer { offset += Int(length) }
                return block.baseAddress.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self) + offset) }
            }
            let result = PQexecPrepared(connection, name, Int32(values.count), values, lengths, formats, 1)
            defer { PQclear(result) }
            guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else { throw failure }
            return try read(result)
        }
    }

    /// Everything by one COPY out, in order; how many rows there are.
    func copyOut(_ query: String) throws -> Int {
        let begun = PQexec(connection, "COPY (\(query)) TO STDOUT (FORMAT binary)")
        defer { PQclear(begun) }
        guard PQresultStatus(begun) == PGRES_COPY_OUT else { throw failure }
        var rows = 0
        var buffer: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(connection, &buffer, 0) > 0 {
            rows += 1
            PQfreemem(buffer)
        }
        try finish()
        // The last message is the end's own.
        return rows - 1
    }

    /// Rows by one COPY in, in the binary format, ready made.
    func copyIn(_ bytes: [UInt8], to table: String = "entries") throws {
        let begun = PQexec(connection, "COPY \(table) FROM STDIN (FORMAT binary)")
        defer { PQclear(begun) }
        guard PQresultStatus(begun) == PGRES_COPY_IN else { throw failure }
        try bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 65_536) {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 65_536, bytes.count)])
                let first = piece.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard PQputCopyData(connection, first, Int32(piece.count)) == 1 else { throw failure }
            }
        }
        guard PQputCopyEnd(connection, nil) == 1 else { throw failure }
        try finish()
    }

    private func finish() throws {
        while let result = PQgetResult(connection) {
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure }
        }
    }

    /// All records as COPY's binary format has them.
    static func encoded(_ data: Dataset) -> [UInt8] {
        var rows = BinaryRows()
        for (number, key) in data.keys.enumerated() {
            rows.append(fields: 5)
            rows.append(number: Int16(0))
            rows.append(bytes: key.partition)
            rows.append(bytes: key.bytes)
            rows.append(number: Int64(number))
            rows.append(bytes: data.value(number))
        }
        return rows.ended
    }
}

/// libpq or the server refused what a bound is made of.
struct DirectFailure: Error {
    var message: String
}
