import Tuples

/// Takes the values of fields that name their numbers from encoded messages, whatever their type.
///
/// It knows nothing of messages' Swift types, since it runs for every record that a query looks at: what is generic over
/// them is not specialised where types are declared in other modules.
struct StoredFields: Sendable {
    private struct Part: Sendable {
        var number: Int
        /// Where the field's values go.
        var place: Int
        var field: FieldDeclaration
        var wire: WireField
    }

    private let parts: [Part]

    /// - Parameter fields: All fields whose values are taken, with those that have no number among them.
    init(_ fields: [FieldDeclaration]) {
        parts = fields.enumerated().compactMap { place, field in
            field.stored.map { Part(number: $0.number, place: place, field: field, wire: $0) }
        }
    }

    /// Puts what a message holds of the fields into their places, where there is what they hold if it has nothing of them.
    ///
    /// - Throws: ``RecordError/Code/corrupted``, with the field, if it can be told.
    func read(_ body: ArraySlice<UInt8>, of type: String, into contents: inout [FieldContent]) throws(RecordError) {
        guard !parts.isEmpty else { return }
        var current: Int?
        let isWhole = body.withUnsafeBufferPointer { bytes in
            do throws(WireReader.Damage) {
                try read(bytes, &contents, &current)
                return true
            } catch {
                return false
            }
        }
        guard isWhole else {
            throw .damaged(
                "The value of a record is no message of its type, or a field's number or kind is declared wrongly.",
                ["type": type].merging(current.map { ["field": parts[$0].field.name] } ?? [:]) { $1 }
            )
        }
    }

    private func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ contents: inout [FieldContent],
        _ current: inout Int?
    ) throws(WireReader.Damage) {
        let parts = parts.span
        var reader = WireReader(bytes)
        while let (number, value) = try reader.next() {
            for index in parts.indices where parts[index].number == number {
                current = index
                let place = parts[index].place
                let kind = parts[index].field.kind
                if case .many(var elements) = contents[place] {
                    // Held once while it grows.
                    contents[place] = .many([])
                    try parts[index].wire.append(value, of: kind, in: bytes, to: &elements)
                    contents[place] = .many(elements)
                } else {
                    // Of several occurrences of what has one value, the last one counts.
                    contents[place] = .one(try parts[index].wire.single(value, of: kind, in: bytes))
                }
                current = nil
            }
        }
    }
}
