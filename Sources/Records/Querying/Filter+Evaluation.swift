import Tuples

extension Filter {
    /// Whether the filter holds of a record. It has been validated, so that its depth is bounded.
    func holds(of values: FieldValues) -> Bool {
        switch self {
        case .everything: true
        case .compare(let name, let comparison, let value):
            values.first(of: name).map { comparison.holds($0, value) } ?? false
        case .isIn(let name, let found): values.first(of: name).map { found.contains($0) } ?? false
        case .hasPrefix(let name, let prefix):
            Filter.text(of: name, values).map { $0.utf8.starts(with: prefix.utf8) } ?? false
        case .contains(let name, let part):
            Filter.text(of: name, values).map { Filter.has($0, part) } ?? false
        case .exists(let name): values[name].contains { $0 != .null && $0 != .missing }
        case .any(let name, let comparison, let value): values[name].contains { comparison.holds($0, value) }
        case .all(let name, let comparison, let value): values[name].allSatisfy { comparison.holds($0, value) }
        case .and(let parts): parts.allSatisfy { $0.holds(of: values) }
        case .or(let parts): parts.contains { $0.holds(of: values) }
        case .not(let part): !part.holds(of: values)
        }
    }

    private static func text(of name: String, _ values: FieldValues) -> String? {
        guard case .string(let text)? = values.first(of: name) else { return nil }
        return text
    }

    /// Whether a text has a part whatever its case, scalar by scalar, as the runs of an index are made.
    private static func has(_ text: String, _ part: String) -> Bool {
        let isFound = text.utf8.withContiguousStorageIfAvailable { text in
            part.utf8.withContiguousStorageIfAvailable { hasPlain(text, $0) } ?? nil
        }
        if let isFound = isFound ?? nil { return isFound }
        let text = Array(text.lowercased().unicodeScalars)
        let part = Array(part.lowercased().unicodeScalars)
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    /// The same of ASCII, as most texts are, without a copy; nil of what is none, whose lower case may be.
    private static func hasPlain(_ text: UnsafeBufferPointer<UInt8>, _ part: UnsafeBufferPointer<UInt8>) -> Bool? {
        guard text.allSatisfy({ $0 < 0x80 }), part.allSatisfy({ $0 < 0x80 }) else { return nil }
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { start in
            part.indices.allSatisfy { lowered(text[start + $0]) == lowered(part[$0]) }
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension Filter.Comparison {
    func holds(_ value: TupleElement, _ other: TupleElement) -> Bool {
        if self == .equal { return value == other }
        guard value != .null, value != .missing, other != .null, other != .missing else { return false }
        return switch self {
        case .equal: value == other
        case .notEqual: value != other
        case .less: value < other
        case .lessOrEqual: value <= other
        case .greater: value > other
        case .greaterOrEqual: value >= other
        }
    }
}
