import JSONFormat

extension Shape {
    /// The same as JSON Schema (draft 2020-12), as OpenAPI 3.1 has it.
    var schema: JSON {
        switch self {
        case .text(let length, let form):
            var members = [
                JSON.Member("type", .string("string")), .init("minLength", .number("\(length.lowerBound)")),
                .init("maxLength", .number("\(length.upperBound)")),
            ]
            if let form { members.append(.init("pattern", .string(form.pattern))) }
            return .object(members)
        case .choice(let texts):
            return .object([.init("type", .string("string")), .init("enum", .strings(texts))])
        case .number(let range):
            guard range.upperBound < .greatestFiniteMagnitude else {
                return .object([.init("type", .string("number"))])
            }
            return .object([
                .init("type", .string("number")), .init("minimum", .number("\(range.lowerBound)")),
                .init("maximum", .number("\(range.upperBound)")),
            ])
        case .integer(let range):
            return .object([
                .init("type", .string("integer")), .init("minimum", .integer(range.lowerBound)),
                .init("maximum", .integer(range.upperBound)),
            ])
        case .bool: return .object([.init("type", .string("boolean"))])
        case .null: return .object([.init("type", .string("null"))])
        case .list(let shape, let count, let isUnique):
            return .object([
                .init("type", .string("array")), .init("items", shape.schema),
                .init("minItems", .number("\(count.lowerBound)")), .init("maxItems", .number("\(count.upperBound)")),
                .init("uniqueItems", .bool(isUnique)),
            ])
        case .object(let shape): return shape.schema
        case .either(let shapes): return .object([.init("anyOf", .array(shapes.map(\.schema)))])
        }
    }
}

extension ObjectShape {
    var schema: JSON {
        let properties = members.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.schema) }
        var schema: [JSON.Member] = [
            .init("type", .string("object")), .init("properties", .object(properties)),
            .init("required", .strings(required)),
            .init("minProperties", .number("\(count.lowerBound)")),
            .init("maxProperties", .number("\(count.upperBound)")),
        ]
        if !together.isEmpty {
            let needs = together.flatMap { group in
                group.map { name in JSON.Member(name, .strings(group.filter { $0 != name })) }
            }
            schema.append(.init("dependentRequired", .object(needs)))
        }
        if !apart.isEmpty {
            let bans = apart.map { JSON.object([.init("not", .object([.init("required", .strings($0))]))]) }
            schema.append(.init("allOf", .array(bans)))
        }
        switch others {
        case .ignored: break
        case .refused: schema.append(.init("additionalProperties", .bool(false)))
        case .formed(let forms):
            let patterns = forms.map { JSON.Member($0.0.pattern, $0.1.schema) }
            schema.append(.init("patternProperties", .object(patterns)))
            schema.append(.init("additionalProperties", .bool(false)))
        }
        return .object(schema)
    }
}
