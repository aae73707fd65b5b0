/// Where a listing of all parts of a ``SplitStore`` goes on: format 2 of positions.
struct SplitCursor: Hashable, Sendable {
    /// What is listed: a cursor is of one listing alone.
    enum Listing: Hashable, Sendable {
        case rows(KeySpace)
        case rowsInReverse(KeySpace)
        case partitions(KeySpace)

        /// Whether the last part comes first.
        var isReversed: Bool { if case .rowsInReverse = self { true } else { false } }

        fileprivate var bytes: [UInt8] {
            switch self {
            case .rows(let space): [0, space.rawValue]
            case .rowsInReverse(let space): [1, space.rawValue]
            case .partitions(let space): [2, space.rawValue]
            }
        }
    }

    /// The name of the part.
    let part: String
    /// Where in it; nil for its beginning.
    let native: Cursor?

    private static let format: UInt8 = 2

    init(part: String, native: Cursor?) {
        self.part = part
        self.native = native
    }

    init(_ cursor: Cursor, of listing: Listing) throws(StoreError) {
        var reader = KeyReader(cursor.bytes)
        guard reader.byte() == SplitCursor.format, reader.string() == listing.bytes, let name = reader.string(),
            let part = String(validating: name, as: UTF8.self), let isInside = reader.byte(), isInside <= 1
        else { throw SplitCursor.foreign }
        let rest = reader.remainder()
        guard isInside == 1 || rest.isEmpty else { throw SplitCursor.foreign }
        self.init(part: part, native: isInside == 1 ? Cursor(bytes: rest) : nil)
    }

    func cursor(of listing: Listing) -> Cursor {
        var writer = KeyWriter()
        writer.append(byte: SplitCursor.format)
        writer.append(string: listing.bytes)
        writer.append(string: Array(part.utf8))
        writer.append(byte: native == nil ? 0 : 1)
        return Cursor(bytes: writer.bytes + (native?.bytes ?? []))
    }

    static let foreign = StoreError.invalidArgument(
        "The cursor is not one of this range: begin the scan anew, without a cursor."
    )
}
