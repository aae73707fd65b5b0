public import Tuples

/// A field that keys, indexes and filters can name, and where its values are.
///
/// A field that names its number in the message is read from the encoded message, which is faster, and its number is
/// kept in the store's schema: then `wherehouse query` and other programs without the generated code read it too. Any
/// other value is computed by a closure.
public struct Field<Message: Sendable>: Sendable {
    enum Source: Sendable {
        case stored(WireField)
        case computed(@Sendable (Message) -> [TupleElement])
    }

    /// The name, by which it is named for ever: it goes with the stored indexes.
    public let name: String
    /// The kind of its values.
    public let kind: FieldKind
    /// Whether a message may have any number of values of it. Others have exactly one, which may be null or missing.
    public let isMultiValued: Bool
    /// Whether the field is out of use: see ``retired()``.
    public private(set) var isRetired = false
    let source: Source

    init(_ name: String, _ kind: FieldKind, isMultiValued: Bool, _ source: Source) {
        self.name = name
        self.kind = kind
        self.isMultiValued = isMultiValued
        self.source = source
    }

    /// A field with one value a message; `TupleElement.missing` where it is not set.
    public static func one(
        _ name: String,
        _ kind: FieldKind,
        _ value: @escaping @Sendable (Message) -> TupleElement
    ) -> Field {
        Field(name, kind, isMultiValued: false, .computed { [value($0)] })
    }

    /// A field with any number of values a message.
    public static func many(
        _ name: String,
        _ kind: FieldKind,
        _ values: @escaping @Sendable (Message) -> [TupleElement]
    ) -> Field {
        Field(name, kind, isMultiValued: true, .computed(values))
    }

    /// The field of a number in the message that has one value.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - kind: The kind of its value.
    ///   - number: Its number in the message, which stays.
    ///   - encoding: How the message holds it.
    ///   - isOptional: Whether the message tells a field that is not set from one of the default value, as `optional` of
    ///     proto3 does: one that is not set is then `TupleElement.missing`.
    public static func one(
        _ name: String,
        _ kind: FieldKind,
        number: Int,
        as encoding: FieldEncoding = .plain,
        isOptional: Bool = false
    ) -> Field {
        let field = WireField(number: number, encoding: encoding, isOptional: isOptional)
        return Field(name, kind, isMultiValued: false, .stored(field))
    }

    /// The repeated field of a number in the message. Packed numbers are `bool`, variable-length integers or `double`.
    public static func many(
        _ name: String,
        _ kind: FieldKind,
        number: Int,
        as encoding: FieldEncoding = .plain
    ) -> Field {
        let field = WireField(number: number, encoding: encoding, isOptional: true)
        return Field(name, kind, isMultiValued: true, .stored(field))
    }

    /// The same field, out of use for ever: no key, index or order takes it any more, and neither its name nor its number
    /// is ever another field's. What old records hold of it can still be read, shown, and asked for by filters.
    ///
    /// The store's schema keeps that it is retired, also for releases that leave it out. Drop the indexes that take it
    /// first, and start a release that leaves it out: programs that go on declaring it as it was can't open the records
    /// any more.
    public func retired() -> Field {
        var field = self
        field.isRetired = true
        return field
    }

    /// Where an encoded message has it; nil where it is computed.
    var stored: WireField? { if case .stored(let field) = source { field } else { nil } }

    var declaration: FieldDeclaration {
        FieldDeclaration(name: name, kind: kind, isMultiValued: isMultiValued, stored: stored, isRetired: isRetired)
    }
}

/// The declared part of a field, without the way to its values.
struct FieldDeclaration: Hashable, Sendable {
    let name: String
    let kind: FieldKind
    let isMultiValued: Bool
    let stored: WireField?
    let isRetired: Bool
}
