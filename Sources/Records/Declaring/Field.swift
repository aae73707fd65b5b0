public import Tuples

/// A field that keys, indexes and filters can name, and how its values are taken from a message.
public struct Field<Message: Sendable>: Sendable {
    /// The name, by which it is named for ever: it goes with the stored indexes.
    public let name: String
    /// The kind of its values.
    public let kind: FieldKind
    /// Whether a message may have any number of values of it. Others have exactly one, which may be null or missing.
    public let isMultiValued: Bool
    let values: @Sendable (Message) -> [TupleElement]

    private init(
        _ name: String,
        _ kind: FieldKind,
        isMultiValued: Bool,
        values: @escaping @Sendable (Message) -> [TupleElement]
    ) {
        self.name = name
        self.kind = kind
        self.isMultiValued = isMultiValued
        self.values = values
    }

    /// A field with one value a message; `TupleElement.missing` where it is not set.
    public static func one(
        _ name: String,
        _ kind: FieldKind,
        _ value: @escaping @Sendable (Message) -> TupleElement
    ) -> Field {
        Field(name, kind, isMultiValued: false) { [value($0)] }
    }

    /// A field with any number of values a message.
    public static func many(
        _ name: String,
        _ kind: FieldKind,
        _ values: @escaping @Sendable (Message) -> [TupleElement]
    ) -> Field {
        Field(name, kind, isMultiValued: true, values: values)
    }
}

/// The declared part of a field, without the way to its values.
struct FieldDeclaration: Hashable, Sendable {
    let name: String
    let kind: FieldKind
    let isMultiValued: Bool
}

/// What a record's declared fields hold.
struct FieldValues: Hashable, Sendable {
    let values: [String: [TupleElement]]

    init(_ values: [String: [TupleElement]]) { self.values = values }

    subscript(name: String) -> [TupleElement] { values[name] ?? [.missing] }
}
