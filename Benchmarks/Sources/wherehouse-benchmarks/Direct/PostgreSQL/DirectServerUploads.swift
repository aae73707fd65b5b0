import CLibpqDirect
import SwiftProtobuf

/// A table of uploads with an index equal to that of the records, and hand-written SQL through libpq.
final class DirectServerUploads {
    private let table: DirectServerTable

    init(_ url: String) throws {
        table = try DirectServerTable(url)
        try table.run(
            "CREATE TABLE uploads (name bytea NOT NULL UNIQUE, owner bytea NOT NULL, created bigint NOT NULL, "
                + "size bigint NOT NULL, body bytea NOT NULL)"
        )
        try table.run("CREATE INDEX by_owner ON uploads (owner, created, name)")
        let query = "SELECT body FROM uploads WHERE owner = $1::bytea"
        let order = "ORDER BY created DESC, name DESC LIMIT 50"
        try table.prepare([
            ("page", "\(query) \(order)"),
            ("large", "\(query) AND size > \(UploadRecords.middleSize) \(order)"),
        ])
    }

    func fill(_ count: Int) throws {
        var rows = BinaryRows()
        for number in 0..<count {
            let message = UploadRecords.message(number)
            rows.append(fields: 5)
            rows.append(bytes: Array(message.name.utf8))
            rows.append(bytes: Array(message.owner.utf8))
            rows.append(number: message.created)
            rows.append(number: Int64(clamping: message.size))
            rows.append(bytes: try message.serializedBytes())
        }
        try table.copyIn(rows.ended, to: "uploads")
    }

    /// The newest 50 uploads of an owner; of the larger half only, if wished.
    func newest(of owner: String, onlyLarge: Bool = false) throws -> Int {
        try table.call(onlyLarge ? "large" : "page", [Array(owner.utf8)]) { result in
            var sum = 0
            for row in 0..<PQntuples(result) {
                let bytes = UnsafeRawBufferPointer(
                    start: PQgetvalue(result, row, 0),
                    count: Int(PQgetlength(result, row, 0))
                )
                sum += UploadRecords.digest(try UploadMessage(serializedBytes: Array(bytes)))
            }
            return sum
        }
    }
}

/// Rows as COPY's binary format has them.
struct BinaryRows {
    private var bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]

    /// The rows, with what ends them.
    var ended: [UInt8] { bytes + [0xFF, 0xFF] }

    /// Begins a row.
    mutating func append(fields count: Int16) { append(count) }

    mutating func append(bytes field: [UInt8]) {
        append(Int32(field.count))
        bytes += field
    }

    mutating func append(number: some FixedWidthInteger) {
        append(Int32(number.bitWidth / 8))
        append(number)
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
