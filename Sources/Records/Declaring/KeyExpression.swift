/// How an index takes one column of its entries from a record.
public indirect enum KeyExpression: Hashable, Sendable {
    /// The value of a field that has one.
    case field(String)
    /// The same in lower case, for text.
    case caseFolded(String)
    /// An entry for each different value of a field that has many.
    case each(String)
    /// An entry for each run of three characters of a text in lower case, for finding parts of it.
    case trigrams(String)
    /// A field, or a text in lower case, in the order from the end: for orders in which one column goes up and another
    /// one down. Of value indexes alone.
    case descending(KeyExpression)

    var fieldName: String {
        switch self {
        case .field(let name), .caseFolded(let name), .each(let name), .trigrams(let name): name
        case .descending(let column): column.fieldName
        }
    }

    var fansOut: Bool {
        switch self {
        case .each, .trigrams: true
        case .field, .caseFolded: false
        case .descending(let column): column.fansOut
        }
    }

    /// By what an order goes that this column gives, forward; nil for one that gives none.
    var sortKey: SortKey? {
        switch self {
        case .field(let name): .ascending(name)
        case .caseFolded(let name): .caseFolded(name)
        case .each, .trigrams: nil
        case .descending(let column): column.sortKey?.reversed
        }
    }
}
