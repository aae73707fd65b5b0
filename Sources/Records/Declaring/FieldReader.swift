import Tuples

/// Takes the values of some fields from messages.
struct FieldReader<Message: Sendable>: Sendable {
    private struct Computed: Sendable {
        /// Of the field among all that are read.
        var place: Int
        var compute: @Sendable (Message) -> [TupleElement]
    }

    private let type: String
    private let fields: [FieldDeclaration]
    private let names: [String]
    private let stored: StoredFields
    private let computed: [Computed]
    /// What each field holds where the message does not have it.
    private let absent: [FieldContent]

    /// Whether messages have to be decoded.
    var needsMessage: Bool { !computed.isEmpty }

    /// A reader of all these fields.
    init(_ fields: [Field<Message>], of type: String) {
        var computed: [Computed] = []
        for (place, field) in fields.enumerated() {
            guard case .computed(let compute) = field.source else { continue }
            computed.append(Computed(place: place, compute: compute))
        }
        self.init(fields.map { $0.declaration }, computed, of: type)
    }

    private init(_ fields: [FieldDeclaration], _ computed: [Computed], of type: String) {
        self.type = type
        self.fields = fields
        self.computed = computed
        names = fields.map { $0.name }
        stored = StoredFields(fields)
        absent = fields.map { field in
            field.isMultiValued ? .many([]) : .one(field.stored?.absent(field.kind) ?? .missing)
        }
    }

    /// A reader of those fields that are among these names.
    func only(_ wanted: Set<String>) -> FieldReader {
        var kept: [FieldDeclaration] = []
        var keptComputed: [Computed] = []
        for (place, field) in fields.enumerated() where wanted.contains(field.name) {
            for other in computed where other.place == place {
                keptComputed.append(Computed(place: kept.count, compute: other.compute))
            }
            kept.append(field)
        }
        return FieldReader(kept, keptComputed, of: type)
    }

    /// The values that a message holds, whose encoding is `body`. The message is asked for if ``needsMessage``.
    func values(
        of body: ArraySlice<UInt8>,
        _ message: () throws(RecordError) -> Message
    ) throws(RecordError) -> FieldValues {
        var values = absent
        if needsMessage {
            let message = try message()
            for part in computed { values[part.place] = try checked(part.compute(message), fields[part.place]) }
        }
        try stored.read(body, of: type, into: &values)
        return FieldValues(names, values)
    }

    /// What takes the values from encoded messages alone; nil if ``needsMessage``.
    var withoutMessages: (@Sendable (ArraySlice<UInt8>) throws(RecordError) -> FieldValues)? {
        guard !needsMessage else { return nil }
        return { [type, names, stored, absent] body throws(RecordError) in
            var values = absent
            try stored.read(body, of: type, into: &values)
            return FieldValues(names, values)
        }
    }

    private func checked(
        _ values: [TupleElement],
        _ field: FieldDeclaration
    ) throws(RecordError) -> FieldContent {
        guard values.allSatisfy(field.kind.admits) else {
            throw RecordError(
                .wrongKind,
                "A value is not of the kind of its field: correct the field's declaration.",
                ["type": type, "field": field.name, "kind": field.kind.rawValue]
            )
        }
        return field.isMultiValued ? .many(values) : .one(values.first ?? .missing)
    }
}
