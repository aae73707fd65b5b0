import Tuples

extension Projection {
    /// What an entry says of an index's columns, encoded.
    struct Columns: Hashable, Sendable {
        private(set) var bytes: [UInt8] = []
        /// Whether a column is null or missing.
        private(set) var hasGap = false
    }

    /// The columns of each entry: one, or one for each value of the column that fans out. No two are the same.
    static func columns(of index: Index, _ values: FieldValues) throws(RecordError) -> [Columns] {
        var rows: [Row] = [Row()]
        for column in index.columns {
            let found = try column.alternatives(values[column.fieldName])
            if found.count == 1, rows.count == 1 {
                try rows[0].append(found[0])
                continue
            }
            var longer: [Row] = []
            longer.reserveCapacity(rows.count * found.count)
            for row in rows {
                for element in found {
                    longer.append(row)
                    try longer[longer.count - 1].append(element)
                }
            }
            rows = longer
            guard rows.count <= entriesMax else {
                throw RecordError(
                    .tooLarge,
                    "The record has too many entries in one index: shorten the text or the list that is indexed.",
                    ["index": index.name, "maximum": "\(entriesMax)"]
                )
            }
        }
        return rows.map { Columns(bytes: $0.encoder.bytes, hasGap: $0.hasGap) }
    }

    /// Columns while they are encoded.
    private struct Row {
        private(set) var encoder = TupleEncoder()
        private(set) var hasGap = false

        mutating func append(_ element: TupleElement) throws(RecordError) {
            hasGap = hasGap || element == .null || element == .missing
            do throws(TupleError) {
                try encoder.append(element)
            } catch {
                throw RecordLayout.keyTooLong(error)
            }
        }
    }
}

extension Index {
    /// Whether records with these values have the same columns and amounts, as far as that is seen at once.
    func isTheSame(of values: FieldValues, as others: FieldValues) -> Bool {
        if case .sum(let field) = kind, !values.isTheSame(as: others, field) { return false }
        return columns.allSatisfy { values.isTheSame(as: others, $0.fieldName) }
    }
}

extension KeyExpression {
    /// The values of the column in the entries of a record whose field holds these.
    func alternatives(_ elements: [TupleElement]) throws(RecordError) -> [TupleElement] {
        switch self {
        case .each: return elements.count < 2 ? elements : Array(Set(elements))
        case .trigrams:
            guard case .string(let text)? = elements.first else { return [] }
            return Trigrams.of(text).map { .string($0) }
        case .field, .caseFolded, .descending: return [try element(elements.first ?? .missing)]
        }
    }

    /// The value of a column that does not fan out in the entry of a record whose field holds this.
    func element(_ element: TupleElement) throws(RecordError) -> TupleElement {
        switch self {
        case .field, .each, .trigrams: return element
        case .caseFolded:
            guard case .string(let text) = element else { return element }
            return .string(text.lowercased())
        case .descending(let column): return try KeyExpression.turned(try column.element(element))
        }
    }

    /// An element by which the order of another is turned round: the complement of its encoding, in which no value begins
    /// with another.
    static func turned(_ element: TupleElement) throws(RecordError) -> TupleElement {
        .bytes(try RecordLayout.encode(Tuple([element])).map(~))
    }
}
