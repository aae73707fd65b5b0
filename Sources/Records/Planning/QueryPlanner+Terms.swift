import KeyValue
import Tuples

// MARK: - What terms say of a column

extension QueryPlanner {
    typealias Bounds = (lower: [UInt8], upper: [UInt8], isBounded: Bool)

    static func isFixed(_ name: String, _ terms: [Filter]) -> Bool {
        terms.contains { if case .compare(name, .equal, _) = $0 { true } else { false } }
    }

    /// The values that a column can have, each once; nil if terms don't say.
    static func values(of column: KeyExpression, _ terms: [Filter]) -> [TupleElement]? {
        if case .descending(let column) = column { return turned(values(of: column, terms)) }
        for term in terms {
            switch (column, term) {
            case (.field(let name), .compare(let other, .equal, let value)) where name == other: return [value]
            case (.each(let name), .any(let other, .equal, let value)) where name == other: return [value]
            case (.field(let name), .isIn(let other, let values)) where name == other && !values.isEmpty:
                return Set(values).sorted()
            case (.caseFolded(let name), .compare(let other, .equal, .string(let text))) where name == other:
                return [.string(text.lowercased())]
            case (.trigrams(let name), .contains(let other, let text)) where name == other:
                if let run = Trigrams.of(text).min() { return [.string(run)] }
            case (_, .or(let branches)) where !branches.isEmpty:
                var values: Set<TupleElement> = []
                let isComplete = branches.allSatisfy { branch in
                    let found = QueryPlanner.values(of: column, QueryPlanner.terms(of: branch))
                    values.formUnion(found ?? [])
                    return found != nil
                }
                if isComplete { return values.sorted() }
            default: continue
            }
        }
        return nil
    }

    /// The values of a column that goes down.
    private static func turned(_ values: [TupleElement]?) -> [TupleElement]? {
        // One that is too long for a key is in no entry either: the records are read then.
        values.flatMap { try? $0.map(KeyExpression.turned) }
    }

    /// Between which bytes the next column lies.
    static func bounds(
        of column: KeyExpression?,
        _ terms: [Filter]
    ) throws(RecordError) -> Bounds {
        var bounds: Bounds = ([], [.max], false)
        var (name, isDescending) = ("", false)
        switch column {
        case .field(let field): name = field
        case .descending(.field(let field)): (name, isDescending) = (field, true)
        case .caseFolded(let field): return try foldedBounds(of: field, terms)
        default: return bounds
        }
        for term in terms {
            switch term {
            case .compare(name, let comparison, let value):
                let bytes = try RecordLayout.encode(Tuple([isDescending ? try KeyExpression.turned(value) : value]))
                // What goes on behind the value lies before the value and a byte 0xff.
                switch isDescending ? comparison.turned : comparison {
                case .greater: raise(&bounds.lower, to: bytes + [.max])
                case .greaterOrEqual: raise(&bounds.lower, to: bytes)
                case .less: lower(&bounds.upper, to: bytes)
                case .lessOrEqual: lower(&bounds.upper, to: bytes + [.max])
                case .equal, .notEqual: continue
                }
            case .hasPrefix(name, let text) where !isDescending: try narrow(&bounds, to: text, of: name)
            default: continue
            }
            bounds.isBounded = true
        }
        return bounds
    }

    /// Between which bytes a text in lower case lies. A text is put into lower case scalar by scalar, so what it begins
    /// with is what the text in lower case begins with.
    private static func foldedBounds(of name: String, _ terms: [Filter]) throws(RecordError) -> Bounds {
        var bounds: Bounds = ([], [.max], false)
        for case .hasPrefix(name, let text) in terms {
            try narrow(&bounds, to: text.lowercased(), of: name)
            bounds.isBounded = true
        }
        return bounds
    }

    private static func narrow(_ bounds: inout Bounds, to text: String, of name: String) throws(RecordError) {
        do {
            let range = try TupleRange(stringsBeginningWith: text)
            raise(&bounds.lower, to: range.lower)
            if let upper = range.upper { lower(&bounds.upper, to: upper) }
        } catch {
            throw RecordError(.tooLarge, "The beginning of a text is too long.", ["field": name])
        }
    }

    private static func raise(_ bound: inout [UInt8], to bytes: [UInt8]) {
        if ByteOrder.precedes(bound, bytes) { bound = bytes }
    }

    private static func lower(_ bound: inout [UInt8], to bytes: [UInt8]) {
        if ByteOrder.precedes(bytes, bound) { bound = bytes }
    }
}

extension Filter.Comparison {
    /// The same of values whose order is turned round.
    fileprivate var turned: Filter.Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}
