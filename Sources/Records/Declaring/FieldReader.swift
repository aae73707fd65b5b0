import Tuples

/// Takes the values of some fields from messages.
struct FieldReader<Message: Sendable>: Sendable {
    private let type: String
    private let fields: [Field<Message>]
    private let names: [String]
    /// The fields' places by their numbers, sorted.
    private let stored: [(number: Int, place: Int, field: WireField)]
    /// What each field holds where the message does not have it.
    private let absent: [[TupleElement]]
    /// Whether messages have to be decoded.
    let needsMessage: Bool

    /// A reader of these fields: of all, or of some names.
    init(_ fields: [Field<Message>], of type: String, only wanted: Set<String>? = nil) {
        self.type = type
        let fields = wanted.map { wanted in fields.filter { wanted.contains($0.name) } } ?? fields
        self.fields = fields
        names = fields.map(\.name)
        stored = fields.enumerated().compactMap { place, field in
            field.stored.map { (number: $0.number, place: place, field: $0) }
        }
        absent = fields.map { field in
            field.stored.map { field.isMultiValued ? [] : [$0.absent(field.kind)] } ?? []
        }
        needsMessage = fields.contains { $0.stored == nil }
    }

    /// The values that a message holds, whose encoding is `body`. The message is asked for if ``needsMessage``.
    func values(
        of body: [UInt8],
        _ message: () throws(RecordError) -> Message
    ) throws(RecordError) -> FieldValues {
        var values = absent
        if needsMessage {
            let message = try message()
            for (place, field) in fields.enumerated() {
                guard case .computed(let compute) = field.source else { continue }
                values[place] = try checked(compute(message), field)
            }
        }
        if !stored.isEmpty { try readStored(body, &values) }
        return FieldValues(names, values)
    }

    private func checked(_ values: [TupleElement], _ field: Field<Message>) throws(RecordError) -> [TupleElement] {
        guard values.allSatisfy(field.kind.admits) else {
            throw RecordError(
                .wrongKind,
                "A value is not of the kind of its field: correct the field's declaration.",
                ["type": type, "field": field.name, "kind": field.kind.rawValue]
            )
        }
        return values
    }

    private func readStored(_ body: [UInt8], _ values: inout [[TupleElement]]) throws(RecordError) {
        var current: String?
        let isWhole = body.withUnsafeBufferPointer { bytes in
            do throws(WireReader.Damage) {
                try read(bytes, &values, &current)
                return true
            } catch {
                return false
            }
        }
        guard isWhole else {
            throw .damaged(
                "The value of a record is no message of its type, or a field's number or kind is declared wrongly.",
                ["type": type].merging(current.map { ["field": $0] } ?? [:]) { $1 }
            )
        }
    }

    private func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ values: inout [[TupleElement]],
        _ current: inout String?
    ) throws(WireReader.Damage) {
        var reader = WireReader(bytes)
        while let (number, value) = try reader.next() {
            for (wanted, place, wire) in stored where wanted == number {
                let field = fields[place]
                current = field.name
                // Of several occurrences of what has one value, the last one counts.
                if !field.isMultiValued { values[place].removeAll(keepingCapacity: true) }
                try wire.append(value, of: field.kind, in: bytes, to: &values[place])
                if !field.isMultiValued, values[place].count != 1 { throw WireReader.Damage() }
                current = nil
            }
        }
    }
}
