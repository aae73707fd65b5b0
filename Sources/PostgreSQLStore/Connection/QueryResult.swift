#if PostgreSQL
import CLibpq

/// The rows that answer one query, in the binary format, or some of them.
struct QueryResult: Sendable {
    /// What libpq gave out.
    ///
    /// Safe to hand to any thread: libpq never changes a result once it has given it out, everything here only reads
    /// it, and it is freed once, with its last reference.
    private final class Owner: @unchecked Sendable {
        let handle: OpaquePointer

        init(_ handle: OpaquePointer) { self.handle = handle }

        deinit { PQclear(handle) }
    }

    private let owner: Owner
    private let first: Int
    /// How many rows there are.
    let count: Int
    /// How many of the places that a shared query asked for come before the first of these rows' own.
    let placesBefore: Int

    private var handle: OpaquePointer { owner.handle }

    init(_ handle: OpaquePointer) {
        self.init(Owner(handle), 0..<Int(PQntuples(handle)), placesBefore: 0)
    }

    private init(_ owner: Owner, _ rows: Range<Int>, placesBefore: Int) {
        self.owner = owner
        first = rows.lowerBound
        count = rows.count
        self.placesBefore = placesBefore
    }

    /// The share of one caller in the rows of a query that others share.
    func part(_ rows: Range<Int>, placesBefore: Int) -> QueryResult {
        QueryResult(owner, rows.lowerBound + first..<rows.upperBound + first, placesBefore: placesBefore)
    }

    /// How many rows a statement changed.
    var changed: Int {
        withExtendedLifetime(owner) { PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0 }
    }

    /// Lends the bytes of one column; nil for NULL and for a column that is not there.
    func withBytes<Result>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        withExtendedLifetime(owner) { body(unowned(row, column)) }
    }

    /// The same, valid for as long as the caller keeps the result.
    func unowned(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard row < count else { return nil }
        let (row, column) = (Int32(truncatingIfNeeded: row + first), Int32(truncatingIfNeeded: column))
        // libpq looks by itself whether there is such a row and column, and gives nothing for one that is not there.
        let count = Int(PQgetlength(handle, row, column))
        guard count > 0 || PQgetisnull(handle, row, column) == 0, let start = PQgetvalue(handle, row, column)
        else { return nil }
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        withBytes(row, column) { $0.map { Array($0) } }
    }

    func text(_ row: Int, _ column: Int) -> String? {
        withBytes(row, column) { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// A column of integers of any width, or of truth values.
    func integer(_ row: Int, _ column: Int) -> Int64? {
        withExtendedLifetime(owner) {
            guard let bytes = unowned(row, column), (1...8).contains(bytes.count) else { return nil }
            var number: Int64 = bytes.count > 1 && bytes[0] & 0x80 != 0 ? -1 : 0
            for byte in bytes { number = number << 8 | Int64(byte) }
            return number
        }
    }
}
#endif
