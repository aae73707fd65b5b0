public import Tuples

/// The kind of a field's values. It says how they are ordered: as `TupleElement` orders them, on every store.
public enum FieldKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// False before true.
    case bool
    /// A signed 64-bit integer.
    case integer
    /// A 64-bit floating-point number, in the total order of IEEE 754.
    case double
    /// Text, ordered by its UTF-8 bytes.
    case string
    /// Bytes.
    case bytes
    /// A moment.
    case timestamp
    /// A UUID.
    case uuid

    /// Whether a value is of this kind. `TupleElement.null` and `TupleElement.missing` are of every kind.
    public func admits(_ element: TupleElement) -> Bool {
        switch (self, element) {
        case (_, .null), (_, .missing), (.bool, .bool), (.integer, .integer), (.double, .double), (.string, .string),
            (.bytes, .bytes), (.timestamp, .timestamp), (.uuid, .uuid):
            true
        default: false
        }
    }
}
