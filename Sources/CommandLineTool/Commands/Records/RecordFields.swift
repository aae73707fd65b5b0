import Records
import Tuples

/// The fields of a record as they are shown.
enum RecordFields {
    /// Fields as name=value, without those that are not set; several values are parted by commas.
    static func line(_ fields: [StoredField]) -> String {
        fields.compactMap { field in
            let texts = field.values.compactMap(text)
            return texts.isEmpty ? nil : "\(field.name)=\(texts.joined(separator: ","))"
        }.joined(separator: "\t")
    }

    private static func text(_ value: TupleElement) -> String? {
        switch value {
        case .missing: nil
        case .null: "null"
        case .string(let text): HumanText.text(text.utf8)
        case .bytes(let bytes): HumanText.text(bytes)
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let bool): "\(bool)"
        case .timestamp(let moment): moment.text
        case .uuid(let uuid): "\(uuid)"
        case .bigInteger, .float, .tuple: "\(value)"
        }
    }

    /// Fields by their names: those of many values as texts in an array. Integers and numbers are numbers; what JSON does
    /// not have is a text: moments, UUIDs, and numbers that are none.
    static func json(_ fields: [StoredField]) -> JSONObject {
        var object = JSONObject()
        for field in fields {
            let name = field.name
            guard !field.isMultiValued, let value = field.values.first else {
                object.add(name, field.values.compactMap(text))
                continue
            }
            switch value {
            case .missing: continue
            case .null: object.addNull(name)
            case .bool(let bool): object.add(name, bool)
            case .integer(let number): object.add(name, Int(number))
            case .bytes(let bytes): object.add(name, bytes: bytes)
            case .double(let number) where number.isFinite: object.add(name, number)
            default: object.add(name, text(value) ?? "")
            }
        }
        return object
    }
}
