/// How a message holds the values of a field that is read by its number, where its kind leaves a choice.
public enum FieldEncoding: String, Hashable, Sendable, CaseIterable, Codable {
    /// As the kind has it: bool `bool`; integer `int32`, `int64`, `uint32`, an enumeration, `sfixed32` or `sfixed64`;
    /// double `double` or `float`; string `string`; bytes `bytes`; timestamp `google.protobuf.Timestamp`; UUID 16
    /// `bytes`, or a `string` of its 36 characters.
    case plain
    /// An integer of `sint32` or `sint64`.
    case zigzag
    /// An integer of `uint64`, `fixed32` or `fixed64`. What is beyond a signed 64-bit integer counts as the largest.
    case unsigned
    /// A timestamp that is a number of seconds since 1970.
    case seconds
    /// A timestamp that is a number of milliseconds since 1970.
    case milliseconds
    /// A timestamp that is a number of microseconds since 1970.
    case microseconds

    /// Whether fields of a kind can be encoded like this.
    func suits(_ kind: FieldKind) -> Bool {
        switch self {
        case .plain: true
        case .zigzag, .unsigned: kind == .integer
        case .seconds, .milliseconds, .microseconds: kind == .timestamp
        }
    }
}
