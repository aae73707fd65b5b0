public import Tuples

/// What has to hold of a record for a query to return it.
///
/// A comparison holds only of a value of the field's kind: of null or missing none does, except equality with
/// `TupleElement.null` itself. `any` and `all` are for fields with many values; `all` holds of none.
public indirect enum Filter: Hashable, Sendable {
    /// How a value compares.
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// Every record.
    case everything
    /// The field's value compares so with this one.
    case compare(String, Comparison, TupleElement)
    /// The field's value is one of these, at most 100.
    case isIn(String, [TupleElement])
    /// The text begins so.
    case hasPrefix(String, String)
    /// The text has this part, whatever the case of either.
    case contains(String, String)
    /// The field has a value other than null.
    case exists(String)
    /// At least one of the field's values compares so.
    case any(String, Comparison, TupleElement)
    /// Each of the field's values compares so.
    case all(String, Comparison, TupleElement)
    /// All of these hold.
    case and([Filter])
    /// At least one of these holds.
    case or([Filter])
    /// This does not hold.
    case not(Filter)
}

extension Filter {
    /// How deep filters may be nested.
    static let depthMax = 32
    /// How many comparisons and connections a filter may have.
    static let nodesMax = 512
    /// How many values a field may be one of.
    static let valuesMax = 100

    /// Throws unless every field is there, every value is of its kind, and the filter is within bounds.
    func validate(for shape: RecordShape) throws(RecordError) {
        // Level by level, without recursion: the filter may come from outside, as deep as it likes.
        var level = [self]
        var nodes = 0
        var depth = 0
        while !level.isEmpty {
            nodes += level.count
            guard depth < Filter.depthMax, nodes <= Filter.nodesMax else {
                throw RecordError(
                    .tooLarge,
                    "The filter is nested too deeply or has too many parts: make it smaller.",
                    ["depthMax": "\(Filter.depthMax)", "partsMax": "\(Filter.nodesMax)"]
                )
            }
            var next: [Filter] = []
            for filter in level {
                try filter.validateOne(for: shape)
                next += filter.parts
            }
            level = next
            depth += 1
        }
    }

    /// The fields that are asked for. The filter has been validated, so that its depth is bounded.
    var fieldNames: Set<String> {
        switch self {
        case .everything: []
        case .compare(let name, _, _), .isIn(let name, _), .hasPrefix(let name, _), .contains(let name, _),
            .exists(let name), .any(let name, _, _), .all(let name, _, _):
            [name]
        case .and, .or, .not: parts.reduce(into: []) { $0.formUnion($1.fieldNames) }
        }
    }

    private var parts: [Filter] {
        switch self {
        case .and(let parts), .or(let parts): parts
        case .not(let part): [part]
        default: []
        }
    }

    private func validateOne(for shape: RecordShape) throws(RecordError) {
        switch self {
        case .everything, .and, .or, .not: return
        case .compare(let name, _, let value): try shape.require(name, isMultiValued: false, [value])
        case .isIn(let name, let values):
            guard values.count <= Filter.valuesMax else {
                throw RecordError(.tooLarge, "A field may be one of at most 100 values.", ["field": name])
            }
            try shape.require(name, isMultiValued: false, values)
        case .hasPrefix(let name, let text), .contains(let name, let text):
            try shape.require(name, isMultiValued: false, [.string(text)])
        case .exists(let name): try shape.require(name, isMultiValued: nil, [])
        case .any(let name, _, let value), .all(let name, _, let value):
            try shape.require(name, isMultiValued: true, [value])
        }
    }
}

extension RecordShape {
    /// Throws unless the field is there and has values like these.
    func require(_ name: String, isMultiValued: Bool?, _ values: [TupleElement]) throws(RecordError) {
        guard let field = fields[name] else {
            throw RecordError(
                .unknownField,
                "No field of this name is declared.",
                ["type": self.name, "field": name]
            )
        }
        guard isMultiValued ?? field.isMultiValued == field.isMultiValued, values.allSatisfy(field.kind.admits) else {
            throw RecordError(
                .wrongKind,
                "A value of the query is not of the kind of its field, or the field has not that number of values.",
                ["type": self.name, "field": name, "kind": field.kind.rawValue]
            )
        }
    }
}
