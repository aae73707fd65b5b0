import Tuples

/// What the columns of an index's entries say of a filter, so that a record that they rule out need not be read.
///
/// A record is delivered by the entry alone that has its values, so what does not hold of an entry's columns holds of no
/// record that the entry delivers.
struct EntryFilter: Hashable, Sendable {
    /// The fields that are asked for, in the order of the columns.
    let names: [String]
    private let filter: Filter
    /// Of each column, whether its field is asked for.
    private let isAsked: [Bool]

    /// What terms ask of columns that ranges leave open; nil if that is nothing, or nothing but what bounds the ranges.
    init?(_ terms: [Filter], of columns: ArraySlice<KeyExpression>, isBounded: Bool) {
        let fields = columns.map { column in if case .field(let name) = column { name } else { "" } }
        let bounded = isBounded ? fields.first : nil
        let decided = terms.filter { term in
            let names = term.fieldNames
            return !names.isEmpty && names.isSubset(of: fields) && !EntryFilter.isBound(term, of: bounded)
        }
        guard !decided.isEmpty else { return nil }
        filter = .and(decided)
        let asked = filter.fieldNames
        isAsked = fields.map(asked.contains)
        names = fields.filter(asked.contains)
    }

    /// Whether a term is what bounds the ranges of a field.
    private static func isBound(_ term: Filter, of field: String?) -> Bool {
        switch term {
        case .compare(let name, let comparison, _): name == field && ![.equal, .notEqual].contains(comparison)
        case .hasPrefix(let name, _): name == field
        default: false
        }
    }

    /// Whether an entry may be of a record of which the filter holds. Goes on behind the columns.
    func holds(of entry: inout TupleDecoder) throws(TupleError) -> Bool {
        var contents: [FieldContent] = []
        contents.reserveCapacity(names.count)
        for isAsked in isAsked {
            guard isAsked else {
                try entry.skip()
                continue
            }
            // An entry that ends before its columns is damaged, as whoever goes on will find.
            guard let element = try entry.next() else { return true }
            contents.append(.one(element))
        }
        return filter.holds(of: FieldValues(names, contents))
    }
}
