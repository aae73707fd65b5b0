import JSONFormat

/// What the service offers, as OpenAPI 3.1 has it. It is made of the same shapes that parameters are checked by.
package enum FilesDescription {
    /// The description, as JSON.
    package static let openAPI: [UInt8] = document.encoded

    static var document: JSON {
        .object([
            .init("openapi", .string("3.1.0")),
            .init(
                "info",
                .object([
                    .init("title", .string("Files")), .init("version", .string("1")),
                    .init("description", .string("What files are called, who may see them, and where they stand.")),
                ])
            ),
            .init("security", .array([.object([.init("token", .array([]))])])),
            .init(
                "components",
                .object([
                    .init(
                        "securitySchemes",
                        .object([
                            .init(
                                "token",
                                .object([.init("type", .string("http")), .init("scheme", .string("bearer"))])
                            )
                        ])
                    ),
                    .init("schemas", .object([.init("Problem", problem)])),
                ])
            ),
            .init("paths", .object(FilesAction.allCases.map { .init("/files/\($0.rawValue)", path($0)) })),
        ])
    }

    private static func path(_ action: FilesAction) -> JSON {
        let body = JSON.object([
            .init("required", .bool(true)), .init("content", content(action.parametersSchema)),
        ])
        let operation: [JSON.Member] = [
            .init("operationId", .string(action.rawValue)), .init("summary", .string(action.summary)),
            .init("parameters", .array(action.isReading ? [] : [ifMatch])), .init("requestBody", body),
            .init("responses", responses(of: action)),
        ]
        return .object([.init("post", .object(operation))])
    }

    private static let ifMatch = JSON.object([
        .init("name", .string("If-Match")), .init("in", .string("header")), .init("required", .bool(false)),
        .init("description", .string("The version that the upload has to have, as its ETag told it.")),
        .init("schema", .object([.init("type", .string("string"))])),
    ])

    private static func responses(of action: FilesAction) -> JSON {
        var responses = [JSON.Member("200", response("The answer", content(.object([]))))]
        if action == .finish { responses.append(.init("202", response("Parts are missing", content(.object([]))))) }
        let reference = JSON.object([.init("$ref", .string("#/components/schemas/Problem"))])
        let refusal = JSON.object([.init("application/problem+json", .object([.init("schema", reference)]))])
        let statuses = Set(FilesError.Code.allCases.map { FilesError($0, "").status }).sorted()
        for status in statuses { responses.append(.init("\(status)", response("Refused", refusal))) }
        return .object(responses)
    }

    private static func response(_ description: String, _ content: JSON) -> JSON {
        .object([.init("description", .string(description)), .init("content", content)])
    }

    private static func content(_ schema: JSON) -> JSON {
        .object([.init("application/json", .object([.init("schema", schema)]))])
    }

    private static var problem: JSON {
        let text = Shape.text(to: 4_096)
        return ObjectShape(
            [
                "type": text, "title": text, "detail": text, "code": .choice(FilesError.Code.allCases.map(\.rawValue)),
                "status": .integer(400...599), "metadata": .object(ObjectShape([:], others: .ignored)),
            ],
            required: ["type", "title", "status", "detail", "code"]
        ).schema
    }
}
