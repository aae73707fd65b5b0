import KeyValue

/// Where somebody is who goes through all rows of both stores.
struct WalkPlace: Hashable, Sendable {
    private static let cursorBytesMax = 65_536

    var side: Side
    var space: KeySpace
    var cursor: Cursor?

    /// Where one begins.
    static let beginning = WalkPlace(side: .source, space: StoreRows.spaces[0], cursor: nil)

    /// The place behind a page; nil at the end of everything.
    func next(_ cursor: Cursor?) -> WalkPlace? {
        if let cursor { return WalkPlace(side: side, space: space, cursor: cursor) }
        if let index = StoreRows.spaces.firstIndex(of: space), index + 1 < StoreRows.spaces.count {
            return WalkPlace(side: side, space: StoreRows.spaces[index + 1], cursor: nil)
        }
        return side == .source ? WalkPlace(side: .target, space: StoreRows.spaces[0], cursor: nil) : nil
    }

    init(side: Side, space: KeySpace, cursor: Cursor?) {
        self.side = side
        self.space = space
        self.cursor = cursor
    }

    /// The side and the space as bytes, and the cursor's bytes with a 32-bit length before them, none for no cursor.
    func append(to writer: inout KeyWriter) {
        writer.append(byte: side.rawValue)
        writer.append(byte: space.rawValue)
        writer.append(string: cursor?.bytes ?? [])
    }

    init?(_ reader: inout KeyReader) {
        guard let side = reader.byte().flatMap(Side.init(rawValue:)),
            let space = reader.byte().flatMap(KeySpace.init(rawValue:)), let cursor = reader.string(),
            cursor.count <= WalkPlace.cursorBytesMax
        else { return nil }
        self.init(side: side, space: space, cursor: cursor.isEmpty ? nil : Cursor(bytes: cursor))
    }
}
