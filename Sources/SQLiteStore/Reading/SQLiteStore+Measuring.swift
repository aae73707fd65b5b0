#if SQLite
import CSQLite
public import KeyValue

extension SQLiteStore {
    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range, options) { _ in 1 }
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range, options) { $0.key.count + $0.value.integer }
    }

    /// Rows of one piece: about a millisecond's work.
    private static let pieceRows = 4_096

    /// Adds up a range in pieces, each in a transaction of its own.
    private func total(
        of range: KeyRange,
        _ options: ReadOptions,
        _ weight: (ScanRow) -> Int
    ) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        var total = 0
        var position: Key?
        repeat {
            let query = RangeQuery(range, keysOnly: true, reverse: false, after: position)
            let sum = total
            (total, position) = try await read(rows: SQLiteStore.rowsAPage) { (connection) throws(EngineError) in
                var sum = sum
                var rows = 0
                var last: Key?
                try query.forEach(on: connection) { row in
                    if options.includesTombstones || row.value.type != SQLITE_NULL { sum += weight(row) }
                    rows += 1
                    if rows == SQLiteStore.pieceRows { last = row.address(in: range.space) }
                    return last == nil
                }
                return (sum, last)
            }
        } while position != nil
        return Measurement(total, .exact)
    }
}
#endif
