import Tuples

extension Filter {
    /// Appends what tells the filter from others, the same in every release. It has been validated, so that its depth is
    /// bounded.
    func append(to encoder: inout TupleEncoder) throws(TupleError) {
        switch self {
        case .everything: encoder.append(0)
        case .compare(let name, let comparison, let value):
            try Filter.append(1, name, [.string(comparison.rawValue), value], to: &encoder)
        case .isIn(let name, let values): try Filter.append(2, name, values, to: &encoder)
        case .hasPrefix(let name, let text): try Filter.append(3, name, [.string(text)], to: &encoder)
        case .contains(let name, let text): try Filter.append(4, name, [.string(text)], to: &encoder)
        case .exists(let name): try Filter.append(5, name, [], to: &encoder)
        case .any(let name, let comparison, let value):
            try Filter.append(6, name, [.string(comparison.rawValue), value], to: &encoder)
        case .all(let name, let comparison, let value):
            try Filter.append(7, name, [.string(comparison.rawValue), value], to: &encoder)
        case .and(let parts): try Filter.append(8, parts, to: &encoder)
        case .or(let parts): try Filter.append(9, parts, to: &encoder)
        case .not(let part): try Filter.append(10, [part], to: &encoder)
        }
    }

    private static func append(
        _ kind: Int,
        _ name: String,
        _ values: [TupleElement],
        to encoder: inout TupleEncoder
    ) throws(TupleError) {
        encoder.append(kind)
        encoder.append(name)
        encoder.append(values.count)
        for value in values { try encoder.append(value) }
    }

    private static func append(
        _ kind: Int,
        _ parts: [Filter],
        to encoder: inout TupleEncoder
    ) throws(TupleError) {
        encoder.append(kind)
        encoder.append(parts.count)
        for part in parts { try part.append(to: &encoder) }
    }
}

extension Query {
    /// What tells the query from others, whatever the sizes of its pages: the same in every release.
    func identity(of type: String) throws(RecordError) -> [UInt8] {
        var encoder = TupleEncoder(reservingBytes: 256)
        encoder.append(type)
        encoder.append(isDescending)
        encoder.append(order.count)
        for key in order {
            encoder.append(key.field)
            encoder.append(key.isDescending)
            encoder.append(key.isCaseFolded)
        }
        do {
            try encoder.append(partition.map { .tuple($0) } ?? .missing)
            try filter.append(to: &encoder)
        } catch {
            throw RecordError(.tooLarge, "A value of the query is too long or too deep.", ["cause": error.message])
        }
        return encoder.bytes
    }
}
