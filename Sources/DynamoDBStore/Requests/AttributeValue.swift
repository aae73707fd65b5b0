#if DynamoDB
import StoreHTTP

/// The value of an attribute, of the types that the store's items have. A number is kept as it is written, since it may
/// have more digits than any type of ours.
enum AttributeValue: Hashable, Sendable {
    case binary([UInt8])
    case number(String)
    case string(String)
    /// Of another type, as it came.
    case other(JSON)

    /// A whole number.
    static func integer(_ number: some BinaryInteger) -> AttributeValue { .number("\(number)") }

    /// A value as it stands in requests and replies: an object of its type's name and itself.
    var json: JSON {
        switch self {
        case .binary(let bytes): .object([JSON.Member("B", .string(Base64.encode(bytes)))])
        case .number(let digits): .object([JSON.Member("N", .string(digits))])
        case .string(let text): .object([JSON.Member("S", .string(text))])
        case .other(let json): json
        }
    }

    /// Nil for what is no value of an attribute.
    init?(_ json: JSON) {
        guard let members = json.members, members.count == 1, let member = members.first else { return nil }
        switch (member.name, member.value) {
        case ("B", .string(let text)):
            guard let bytes = Base64.decode(text.utf8) else { return nil }
            self = .binary(bytes)
        case ("N", .string(let digits)): self = .number(digits)
        case ("S", .string(let text)): self = .string(text)
        default: self = .other(json)
        }
    }

    var bytes: [UInt8]? { if case .binary(let bytes) = self { bytes } else { nil } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var digits: String? { if case .number(let digits) = self { digits } else { nil } }
}

/// An item, or what names one: attributes by their names.
struct Item: Hashable, Sendable {
    var attributes: [String: AttributeValue]

    init(_ attributes: [String: AttributeValue]) { self.attributes = attributes }

    /// Nil for what is no item.
    init?(_ json: JSON?) {
        guard let members = json?.members else { return nil }
        attributes = [:]
        for member in members {
            guard let value = AttributeValue(member.value) else { return nil }
            attributes[member.name] = value
        }
    }

    subscript(name: String) -> AttributeValue? { attributes[name] }

    var json: JSON { .object(attributes.map { JSON.Member($0.key, $0.value.json) }) }
}

extension JSON {
    static func integer(_ number: Int) -> JSON { .number("\(number)") }
}
#endif
