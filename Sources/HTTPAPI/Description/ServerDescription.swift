#if HTTP
import Files
package import JSONFormat

/// What a server of files offers, as OpenAPI 3.1 has it, made of the tables that requests are checked and refused by.
package enum ServerDescription {
    /// The description.
    package static let document = JSON.dictionary([
        ("openapi", .string("3.1.0")),
        (
            "info",
            .dictionary([
                ("title", .string("Wherehouse files")), ("version", .string("1")),
                (
                    "description",
                    .string("What files are called, whose they are, who may see them, and where their bytes are.")
                ),
            ])
        ),
        ("security", .array([.dictionary([("token", .array([]))])])),
        ("paths", .object(actions + objects + notifications + observation)),
        (
            "components",
            .dictionary([
                (
                    "securitySchemes",
                    .dictionary([("token", .dictionary([("type", .string("http")), ("scheme", .string("bearer"))]))])
                ),
                ("schemas", .dictionary([("Problem", problem)])),
            ])
        ),
    ])

    /// Why any action may be refused before it is looked at, or for the sake of the server and its store.
    private static let always: [(status: Int, codes: [String])] = [
        (400, ["badRequest"]), (401, ["unauthorized"]), (403, ["forbidden"]), (413, ["bodyTooLarge", "tooLarge"]),
        (500, ["internal", "outcomeUnknown", "corrupted"]), (503, ["unavailable", "stopping"]), (504, ["timedOut"]),
        (507, ["full"]),
    ]

    /// Why what changes something may be refused for its `Idempotency-Key`.
    private static let repeated: [(status: Int, codes: [String])] = [
        (409, ["underWay", "outcomeUnknown", "answerTooLong"]), (422, ["keyReused"]), (503, ["tooManyKeys"]),
    ]

    private static var actions: [JSON.Member] {
        FilesAction.allCases.map { action in
            var parameters: [JSON] = []
            if action.takesVersion {
                parameters.append(
                    parameter("If-Match", in: "header", "The version that the upload has to have: an ETag, or *.")
                )
            }
            if !action.isReading {
                parameters.append(
                    parameter("Idempotency-Key", in: "header", "A text of the client's choice: done once for each.")
                )
            }
            var responses = [
                JSON.Member(
                    "200",
                    response(
                        "The answer, with the upload's version as its ETag where it tells of one",
                        .dictionary([("application/json", .dictionary([("schema", action.answerSchema)]))])
                    )
                )
            ]
            if action == .finish { responses.append(.init("202", accepted(action))) }
            responses += refusals(of: action)
            let operation = JSON.dictionary([
                ("operationId", .string(action.rawValue)), ("summary", .string(action.summary)),
                ("parameters", .array(parameters)),
                (
                    "requestBody",
                    .dictionary([
                        ("required", .bool(false)),
                        (
                            "content",
                            .dictionary([("application/json", .dictionary([("schema", action.parametersSchema)]))])
                        ),
                    ])
                ),
                ("responses", .object(responses)),
            ])
            return .init("/files/\(action.rawValue)", .dictionary([("post", operation)]))
        }
    }

    private static func accepted(_ action: FilesAction) -> JSON {
        response(
            "The part is taken notice of; others are missing",
            .dictionary([("application/json", .dictionary([("schema", action.answerSchema)]))])
        )
    }

    private static func refusals(of action: FilesAction) -> [JSON.Member] {
        var codes: [Int: Set<String>] = [:]
        for code in action.refusals { codes[code.status, default: []].insert(code.rawValue) }
        for (status, common) in always + (action.isReading ? [] : repeated) {
            codes[status, default: []].formUnion(common)
        }
        return codes.sorted { $0.key < $1.key }.map { status, codes in
            .init("\(status)", refusal(codes.sorted()))
        }
    }

    private static func refusal(_ codes: [String]) -> JSON {
        response(
            "Refused: \(codes.joined(separator: ", "))",
            .dictionary([
                (
                    "application/problem+json",
                    .dictionary([("schema", .dictionary([("$ref", .string("#/components/schemas/Problem"))]))])
                )
            ])
        )
    }

    /// Objects are open to everybody with a signed location: no token is asked for.
    private static var objects: [JSON.Member] {
        let name = JSON.dictionary([
            ("name", .string("name")), ("in", .string("path")), ("required", .bool(true)),
            ("description", .string("The object's name, with its slashes, and the query that it was signed with.")),
            ("schema", text),
        ])
        let bytes = JSON.dictionary([("*/*", .dictionary([]))])
        func operation(_ id: String, _ summary: String, _ headers: [JSON], _ responses: [JSON.Member]) -> JSON {
            .dictionary([
                ("operationId", .string(id)), ("summary", .string(summary)), ("security", .array([])),
                ("parameters", .array(headers)), ("responses", .object(responses)),
            ])
        }
        let fetching = [
            parameter("Range", in: "header", "One range of bytes."),
            parameter("If-Range", in: "header", "The ETag that the range is of."),
            parameter("If-None-Match", in: "header", "The ETag that is known already."),
        ]
        let fetched = [
            JSON.Member("200", response("The bytes", bytes)), .init("206", response("Some of the bytes", bytes)),
            .init("304", response("They are known already", nil)),
            .init("400", refusal(["badRequest", "invalidName"])), .init("403", refusal(["notAllowed"])),
            .init("404", refusal(["notFound"])), .init("416", refusal(["noSuchRange"])),
            .init("507", refusal(["failed"])),
        ]
        let sent = [
            JSON.Member("201", response("The bytes are kept", nil)),
            .init("400", refusal(["badRequest", "invalidName", "otherBytes"])), .init("403", refusal(["notAllowed"])),
            .init("413", refusal(["bodyTooLarge"])), .init("507", refusal(["failed"])),
        ]
        let type = parameter("Content-Type", in: "header", "The media type that was announced.")
        return [
            .init(
                "/objects/{name}",
                .dictionary([
                    ("parameters", .array([name])),
                    ("put", operation("sendObject", "Send the bytes of a part", [type], sent)),
                    ("get", operation("fetchObject", "Fetch the bytes of a part", fetching, fetched)),
                    ("head", operation("lookAtObject", "Tell of the bytes of a part", fetching, fetched)),
                ])
            )
        ]
    }

    /// Senders show what they were given for this alone. Where a notification is not configured, its path is none of the
    /// server's, which only tokens with the right to operate are told.
    private static var notifications: [JSON.Member] {
        let senders = [
            ("bucket", "notifyOfBucket", "Take what a bucket of S3 or R2 tells of its objects"),
            ("google-channel", "notifyOfChannel", "Take what a watched bucket of Google's tells of an object"),
            ("google-push", "notifyOfPush", "Take what a subscription to a bucket of Google's tells of an object"),
        ]
        return senders.map { path, id, summary in
            let responses = [
                JSON.Member("204", response("Notice is taken", nil)), .init("400", refusal(["unreadable"])),
                .init("401", refusal(["notAuthentic", "unauthorized"])), .init("403", refusal(["forbidden"])),
                .init("404", refusal(["notFound"])), .init("413", refusal(["bodyTooLarge"])),
                .init("503", refusal(["unavailable", "stopping"])),
            ]
            let operation = JSON.dictionary([
                ("operationId", .string(id)), ("summary", .string(summary)), ("security", .array([])),
                ("responses", .object(responses)),
            ])
            return .init("/notifications/\(path)", .dictionary([("post", operation)]))
        }
    }

    private static var observation: [JSON.Member] {
        func get(_ id: String, _ summary: String, _ type: String, isOpen: Bool, _ more: [JSON.Member]) -> JSON {
            let done = JSON.Member("200", response(summary, .dictionary([(type, .dictionary([]))])))
            var operation = [
                JSON.Member("operationId", .string(id)), .init("summary", .string(summary)),
                .init("responses", .object([done] + more)),
            ]
            if isOpen { operation.append(.init("security", .array([]))) }
            return .dictionary([("get", .object(operation))])
        }
        let notReady = JSON.Member("503", refusal(["notReady"]))
        let refused = [JSON.Member("401", refusal(["unauthorized"])), .init("403", refusal(["forbidden"]))]
        return [
            .init("/healthz", get("health", "Whether the server runs", "text/plain", isOpen: true, [])),
            .init("/readyz", get("readiness", "Whether it can do its work", "text/plain", isOpen: true, [notReady])),
            .init("/metrics", get("metrics", "Its numbers, for Prometheus", "text/plain", isOpen: false, refused)),
            .init("/openapi.json", get("description", "This description", "application/json", isOpen: true, [])),
        ]
    }

    private static let text = JSON.dictionary([("type", .string("string"))])

    private static func parameter(_ name: String, in place: String, _ description: String) -> JSON {
        .dictionary([
            ("name", .string(name)), ("in", .string(place)), ("required", .bool(false)),
            ("description", .string(description)), ("schema", text),
        ])
    }

    private static func response(_ description: String, _ content: JSON?) -> JSON {
        .object(
            [.init("description", .string(description))] + (content.map { [.init("content", $0)] } ?? [])
        )
    }

    /// As `Problem` is encoded.
    private static var problem: JSON {
        let field = JSON.dictionary([
            ("type", .string("object")), ("properties", .dictionary([("field", text), ("detail", text)])),
            ("required", .array([.string("field"), .string("detail")])), ("additionalProperties", .bool(false)),
        ])
        let texts = JSON.dictionary([("type", .string("object")), ("additionalProperties", text)])
        return .dictionary([
            ("type", .string("object")),
            (
                "properties",
                .dictionary([
                    ("type", text), ("title", text), ("detail", text), ("code", text),
                    ("status", .dictionary([("type", .string("integer"))])), ("metadata", texts),
                    ("errors", .dictionary([("type", .string("array")), ("items", field)])),
                ])
            ),
            ("required", .array(["type", "title", "status", "detail", "code"].map { .string($0) })),
            ("additionalProperties", .bool(false)),
        ])
    }
}

extension JSON {
    fileprivate static func dictionary(_ members: [(String, JSON)]) -> JSON {
        .object(members.map { Member($0.0, $0.1) })
    }
}
#endif
