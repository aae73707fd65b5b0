import Tuples

/// What fields of a record hold.
struct FieldValues: Hashable, Sendable {
    /// Few types have more fields than are compared faster than hashed.
    private let names: [String]
    private let contents: [FieldContent]

    init(_ names: [String], _ contents: [FieldContent]) {
        self.names = names
        self.contents = contents
    }

    /// All values of a field.
    subscript(name: String) -> [TupleElement] {
        switch content(of: name) {
        case .one(let element): [element]
        case .many(let elements): elements
        }
    }

    /// The value of a field that has one; the first of many, nil of none.
    func first(of name: String) -> TupleElement? {
        switch content(of: name) {
        case .one(let element): element
        case .many(let elements): elements.first
        }
    }

    /// Whether a field holds the same in others.
    func isTheSame(as others: FieldValues, _ name: String) -> Bool { content(of: name) == others.content(of: name) }

    private func content(of name: String) -> FieldContent {
        names.firstIndex(of: name).map { contents[$0] } ?? .one(.missing)
    }
}

/// What one field of a record holds. Most fields have one value, for which no list is made.
enum FieldContent: Hashable, Sendable {
    case one(TupleElement)
    case many([TupleElement])
}
