import JSONFormat
import Records
import Tuples

/// Reads the filter language of the wire.
///
/// Members hold all together. A text is sought as a part of the field's, whatever the case of either; an object has
/// operators, which hold all together.
struct ListFilter {
    /// What was asked for.
    private(set) var filter = Filter.everything
    private var findings = Findings()
    private var nodes = 0

    /// How many operators and alternatives a filter may have, and how deep they may be nested.
    static let nodesMax = 200
    static let depthMax = 8

    /// What never holds.
    static let nothing = Filter.or([])

    /// - Throws: ``FilesError/Code/invalidParameters`` with what can't be read.
    init(_ value: JSON) throws(FilesError) {
        var parts: [Filter] = []
        for member in value.members ?? [] {
            if member.name == "#multi" {
                let match = member.value["match"]?.text ?? ""
                let fields = (member.value["fields"]?.items ?? []).compactMap { $0.text.flatMap { ListField.all[$0] } }
                parts.append(.or(fields.map { ListFilter.contains($0, match) }))
            } else if let field = ListField.all[member.name] {
                parts.append(read(member.value, of: field, at: ["filter", member.name], depth: 0))
            }
        }
        try findings.require()
        if !parts.isEmpty { filter = parts.count == 1 ? parts[0] : .and(parts) }
    }

    private mutating func read(_ value: JSON, of field: ListField, at path: [String], depth: Int) -> Filter {
        nodes += 1
        guard nodes <= ListFilter.nodesMax, depth <= ListFilter.depthMax else {
            findings.add(path, "is one part too many, or nested too deeply")
            return ListFilter.nothing
        }
        if let text = value.text { return match(text, field, path) }
        guard let members = value.members, !members.isEmpty else {
            findings.add(path, "is neither a text nor an object of operators")
            return ListFilter.nothing
        }
        var parts: [Filter] = []
        for member in members { parts.append(read(member, of: field, at: path + [member.name], depth: depth)) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func read(
        _ member: JSON.Member,
        of field: ListField,
        at path: [String],
        depth: Int
    ) -> Filter {
        switch (member.name, member.value) {
        case ("match", .string(let text)): return match(text, field, path)
        case ("eq", .string(let text)): return ListFilter.equals(field, text)
        case ("ne", .string(let text)): return .not(ListFilter.equals(field, text))
        case ("gt", .number(let digits)): return compare(field, .greater, digits, path)
        case ("gte", .number(let digits)): return compare(field, .greaterOrEqual, digits, path)
        case ("lt", .number(let digits)): return compare(field, .less, digits, path)
        case ("lte", .number(let digits)): return compare(field, .lessOrEqual, digits, path)
        case ("exists", .bool(let isThere)), ("isempty", .bool(let isThere)):
            return isThere == (member.name == "exists") ? ListFilter.exists(field) : .not(ListFilter.exists(field))
        case ("some", .array(let items)):
            let texts = items.compactMap(\.text)
            guard texts.count == items.count, texts.count <= 100 else { break }
            return ListFilter.isIn(field, texts)
        case ("any", .array(let items)):
            var parts: [Filter] = []
            for (index, item) in items.enumerated() {
                parts.append(read(item, of: field, at: path + ["\(index)"], depth: depth + 1))
            }
            return .or(parts)
        default: break
        }
        findings.add(path, "is no operator with a value of its kind")
        return ListFilter.nothing
    }

    private mutating func match(_ text: String, _ field: ListField, _ path: [String]) -> Filter {
        if field.isNumber, field.name != "status" {
            findings.add(path, "seeks a part of a number: compare it instead")
            return ListFilter.nothing
        }
        return ListFilter.contains(field, text)
    }

    private mutating func compare(
        _ field: ListField,
        _ comparison: Filter.Comparison,
        _ digits: String,
        _ path: [String]
    ) -> Filter {
        guard field.isNumber, let number = Double(digits), number.isFinite else {
            findings.add(path, "compares as a number what is a text")
            return ListFilter.nothing
        }
        let isLower = comparison == .greater || comparison == .greaterOrEqual
        if let whole = Int64(digits) { return .compare(field.name, comparison, .integer(whole)) }
        // Of numbers that are no whole ones, the whole ones beside them say the same.
        let bound = number.rounded(isLower ? .up : .down)
        guard let whole = Int64(exactly: bound) else {
            return (bound > 0) == isLower ? ListFilter.nothing : .exists(field.name)
        }
        let isWhole = bound == number
        let inclusive: Filter.Comparison = isLower ? .greaterOrEqual : .lessOrEqual
        return .compare(field.name, isWhole ? comparison : inclusive, .integer(whole))
    }

    static func contains(_ field: ListField, _ text: String) -> Filter {
        guard !text.isEmpty else { return exists(field) }
        guard field.isNumber else { return .contains(field.name, text) }
        return isIn(field, Status.allCases.map { "\($0.rawValue)" }.filter { $0.contains(text) })
    }

    static func exists(_ field: ListField) -> Filter {
        field.isNumber ? .exists(field.name) : .compare(field.name, .greater, .string(""))
    }

    private static func equals(_ field: ListField, _ text: String) -> Filter {
        element(field, text).map { .compare(field.name, .equal, $0) } ?? nothing
    }

    private static func isIn(_ field: ListField, _ texts: [String]) -> Filter {
        let elements = texts.compactMap { element(field, $0) }
        return elements.isEmpty ? nothing : .isIn(field.name, elements)
    }

    /// The value whose text this is, exactly; nil where there is none.
    private static func element(_ field: ListField, _ text: String) -> TupleElement? {
        guard field.isNumber else { return .string(text) }
        return Int64(text).flatMap { "\($0)" == text ? .integer($0) : nil }
    }
}
