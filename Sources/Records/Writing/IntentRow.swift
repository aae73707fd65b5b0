import KeyValue

/// What a change that takes several steps writes down first: the record and every row beside it that it may touch.
///
/// It names keys and never operations: whoever finds it brings those rows in line with the record as it is.
/// Format 1: a byte 1, the record's key, the rows' keys.
struct IntentRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    let record: Key
    let rows: Set<Key>

    init(record: Key, rows: Set<Key>) {
        self.record = record
        self.rows = rows
    }

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: IntentRow.format)
        writer.append(key: record)
        for row in rows.sorted() { writer.append(key: row) }
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        var reader = KeyReader(bytes)
        var rows: Set<Key> = []
        guard reader.byte() == IntentRow.format, let record = reader.key() else { throw IntentRow.damaged }
        while !reader.isAtEnd {
            guard let row = reader.key() else { throw IntentRow.damaged }
            rows.insert(row)
        }
        self.init(record: record, rows: rows)
    }

    private static var damaged: RecordError { .damaged("An intent does not name its rows.") }
}
