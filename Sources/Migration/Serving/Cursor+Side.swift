import KeyValue

/// Cursors of scans whose order the two stores of a migration do not share: what comes behind one is another thing in the
/// other store, so a scan that goes on there would leave out rows and say nothing.
extension Cursor {
    /// A store's own cursor, with the side that it is of.
    init(_ cursor: Cursor, of side: Side) { self.init(bytes: cursor.bytes + [side.rawValue]) }

    /// The store's own cursor; throws `StoreError.Code.invalidArgument` where it is of the other side.
    func native(of side: Side) throws(StoreError) -> Cursor {
        guard let last = bytes.last, Side(rawValue: last) == side else {
            throw .invalidArgument(
                "The records were switched to a store with another order since this scan began: begin it anew."
            )
        }
        return Cursor(bytes: Array(bytes.dropLast()))
    }
}

extension KeyOrder {
    /// Whether every store that keeps at least this order gives the keys of a range in the same one.
    func isShared(within range: KeyRange) -> Bool {
        switch self {
        case .store: return true
        case .partition:
            guard case .keys = range.extent else { return false }
            return true
        case .none: return false
        }
    }
}
