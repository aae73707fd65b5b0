/// How an index takes one column of its entries from a record.
public enum KeyExpression: Hashable, Sendable {
    /// The value of a field that has one.
    case field(String)
    /// The same in lower case, for text.
    case caseFolded(String)
    /// An entry for each different value of a field that has many.
    case each(String)
    /// An entry for each run of three characters of a text in lower case, for finding parts of it.
    case trigrams(String)

    var fieldName: String {
        switch self {
        case .field(let name), .caseFolded(let name), .each(let name), .trigrams(let name): name
        }
    }

    var fansOut: Bool {
        switch self {
        case .each, .trigrams: true
        case .field, .caseFolded: false
        }
    }
}
