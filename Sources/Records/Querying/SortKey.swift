/// By what records are ordered: a field of one value, up or down, as it is or without regard to case.
///
///     orderedBy: ["section", .descending("size"), .caseFolded("name")]
public struct SortKey: Hashable, Sendable {
    /// The name of the field.
    public let field: String
    /// Whether the order goes from the end.
    public let isDescending: Bool
    /// Whether texts are compared in lower case.
    public let isCaseFolded: Bool

    /// A sort key from its parts.
    public init(_ field: String, isDescending: Bool = false, isCaseFolded: Bool = false) {
        self.field = field
        self.isDescending = isDescending
        self.isCaseFolded = isCaseFolded
    }

    /// From the least value of a field to the greatest.
    public static func ascending(_ field: String) -> SortKey { SortKey(field) }

    /// From the greatest value of a field to the least.
    public static func descending(_ field: String) -> SortKey { SortKey(field, isDescending: true) }

    /// Texts as they are ordered in lower case.
    public static func caseFolded(_ field: String, isDescending: Bool = false) -> SortKey {
        SortKey(field, isDescending: isDescending, isCaseFolded: true)
    }

    var reversed: SortKey { SortKey(field, isDescending: !isDescending, isCaseFolded: isCaseFolded) }
}

extension SortKey: CustomStringConvertible {
    /// The field, and what of `folded` and `down` goes for it.
    public var description: String { field + (isCaseFolded ? ":folded" : "") + (isDescending ? ":down" : "") }
}

extension SortKey: ExpressibleByStringLiteral {
    /// A field by its name, from the least value to the greatest.
    public init(stringLiteral value: String) { self.init(value) }
}
