import Tuples

/// The values of fields as people write them.
enum FilterValue {
    /// The value of a kind that a word is; nil where it is none.
    static func element(_ token: FilterToken.Kind, of kind: FieldKind) -> TupleElement? {
        switch (kind, token) {
        case (_, .word("null")): .null
        case (.bool, .word("true")): .bool(true)
        case (.bool, .word("false")): .bool(false)
        case (.integer, .number(let text)): Int64(plain(text)).map { .integer($0) }
        case (.double, .number(let text)): Double(plain(text)).map { .double($0) }
        case (.string, .text(let text)): .string(text)
        case (.bytes, .text(let text)): .bytes(Array(text.utf8))
        case (.bytes, .bytes(let bytes)): .bytes(bytes)
        // Why a text is no UUID is of no interest: the caller names what is expected.
        case (.uuid, .text(let text)): (try? TupleUUID(text: text)).map { .uuid($0) }
        case (.timestamp, .text(let text)): Timestamp(text: text).map { .timestamp($0) }
        default: nil
        }
    }

    /// The value of a kind that a text by itself is, without quotation marks.
    static func element(_ text: String, of kind: FieldKind) -> TupleElement? {
        switch kind {
        case .bool: element(.word(text), of: kind)
        case .integer, .double: element(.number(text), of: kind)
        case .string, .bytes, .timestamp, .uuid: element(.text(text), of: kind)
        }
    }

    /// What is expected of a value of a kind, for people.
    static func expected(of kind: FieldKind) -> String {
        switch kind {
        case .bool: "true or false"
        case .integer: "an integer of 64 bits, such as -1 or 1_000"
        case .double: "a number, such as 0.5"
        case .string: "a text in quotation marks"
        case .bytes: "a text in quotation marks, or 0x and hexadecimal digits"
        case .timestamp: "a moment in quotation marks, such as \"2026-01-31\" or \"2026-01-31T12:00:00Z\""
        case .uuid: "a UUID in quotation marks"
        }
    }

    /// Underscores part the digits of long numbers.
    private static func plain(_ text: String) -> String { text.filter { $0 != "_" } }
}
