import Tuples

@testable import Records

/// What a filter means, said of a package as plainly as can be, and apart from how the library says it.
enum NaiveModel {
    static func holds(_ filter: Filter, of package: Package) -> Bool {
        switch filter {
        case .everything: true
        case .and(let parts): !parts.contains { !holds($0, of: package) }
        case .or(let parts): parts.contains { holds($0, of: package) }
        case .not(let part): !holds(part, of: package)
        case .exists(let field): !values(field, package).isEmpty
        case .compare(let field, let comparison, let value), .any(let field, let comparison, let value):
            values(field, package).contains { compares($0, comparison, value) }
        case .all(let field, let comparison, let value):
            !values(field, package).contains { !compares($0, comparison, value) }
        case .isIn(let field, let list): values(field, package).contains { list.contains($0) }
        case .hasPrefix(let field, let text): texts(field, package).contains { $0.hasPrefix(text) }
        case .contains(let field, let text):
            texts(field, package).contains { $0.uppercased().contains(text.uppercased()) }
        }
    }

    private static func values(_ field: String, _ package: Package) -> [TupleElement] {
        switch field {
        case "owner": [.string(package.owner)]
        case "name": [.string(package.name)]
        case "summary": package.hasSummary ? [.string(package.summary)] : []
        case "downloads": [.integer(package.downloads)]
        case "tags": package.tags.map { .string($0) }
        default: []
        }
    }

    private static func texts(_ field: String, _ package: Package) -> [String] {
        values(field, package).compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Of numbers and of texts in ASCII.
    private static func compares(_ left: TupleElement, _ comparison: Filter.Comparison, _ right: TupleElement) -> Bool {
        let order: Int
        switch (left, right) {
        case (.integer(let left), .integer(let right)): order = left < right ? -1 : left > right ? 1 : 0
        case (.string(let left), .string(let right)): order = left < right ? -1 : left > right ? 1 : 0
        default: return false
        }
        return switch comparison {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}
