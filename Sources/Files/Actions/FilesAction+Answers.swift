package import JSONFormat

extension FilesAction {
    /// What its answers are, as JSON Schema (draft 2020-12).
    package var answerSchema: JSON { answerShape.schema }

    /// What of an answer is not as ``answerSchema`` says; nothing, unless this package is at fault.
    package func differences(of answer: JSON) -> [String] {
        var findings = Findings()
        answerShape.check(answer, at: [], &findings)
        return findings.fields.map { "\($0.path) \($0.message)" }
    }

    private var answerShape: Shape {
        switch self {
        case .upload: AnswerShape.begun
        case .finish: .either([AnswerShape.message, AnswerShape.upload, AnswerShape.postActions, .null])
        case .process: .either([AnswerShape.upload, AnswerShape.postActions, .null])
        case .update, .addTags, .access, .remove: .bool
        case .sync: .object(ObjectShape(["noticed": AnswerShape.number], required: ["noticed"]))
        case .info:
            .object(
                ObjectShape(
                    ["username": AnswerShape.text, "file": AnswerShape.upload],
                    required: ["username", "file"]
                )
            )
        case .download: AnswerShape.download
        case .list: AnswerShape.list
        case .head: .list(.either([AnswerShape.text, .null]), 0...100)
        case .report, .count:
            .object(
                ObjectShape(
                    [
                        "total": AnswerShape.number, "public": AnswerShape.number,
                        "totalContentLength": AnswerShape.number, "publicContentLength": AnswerShape.number,
                        "isExact": .bool,
                    ],
                    required: ["total", "public"]
                )
            )
        case .data:
            .object(
                ObjectShape(
                    [
                        "file": .object(
                            ObjectShape(["uploadId": AnswerShape.text], required: ["uploadId"], others: .ignored)
                        )
                    ],
                    required: ["file"]
                )
            )
        }
    }
}

/// What answers are made of.
private enum AnswerShape {
    /// What was stored by another release may be longer than what is taken now.
    static let text = Shape.text(to: 1 << 20)
    static let number = Shape.integer(0...Int64.max)
    private static let mark = Shape.choice(["1"])
    private static let listMax = 10_000

    static let message = Shape.object(ObjectShape(["message": text], required: ["message"]))

    static let postActions = Shape.list(
        .object(ObjectShape(["status": .choice(["fulfilled", "rejected"]), "value": .bool, "reason": text])),
        0...1
    )

    private static let partMembers: [String: Shape] = [
        "filename": text, "type": text, "contentType": text, "contentLength": number, "md5Hash": text, "bucket": text,
        "contentEncoding": text,
    ]

    /// What is told of a part besides is what was said of it.
    private static let part = Shape.object(
        ObjectShape(
            partMembers,
            required: ["filename", "type", "contentType", "contentLength", "md5Hash", "bucket"],
            others: .ignored
        )
    )

    private static let sentPart = Shape.object(
        ObjectShape(
            partMembers.merging(["location": text, "headers": .object(ObjectShape([:], others: .ignored))]) { $1 },
            required: ["filename", "location", "headers"],
            others: .ignored
        )
    )

    private static let uploadMembers: [String: Shape] = {
        var members: [String: Shape] = [
            "uploadId": text, "owner": text, "name": text, "alias": text, "description": text, "website": text,
            "tags": .list(text, 0...listMax), "uploadType": text,
            "status": .choice(Status.allCases.map { "\($0.rawValue)" }), "startedAt": number, "uploadedAt": number,
            "parts": number, "uploaded": number, "contentLength": number, "bucket": text, "error": text,
            "error-count": number, "files": .list(part, 0...listMax),
        ]
        for name in ["public", "unlisted", "direct", "temporary"] { members[name] = mark }
        for (name, shape) in MetaShape.changed.members where members[name] == nil { members[name] = shape }
        for format in MetaShape.exportFormats { members[format] = text }
        return members
    }()

    private static func upload(_ more: [String: Shape], required: [String]) -> Shape {
        .object(
            ObjectShape(
                uploadMembers.merging(more) { $1 },
                required: required,
                others: .formed([(.customName, .either([text, .anyNumber]))])
            )
        )
    }

    private static let always = [
        "uploadId", "owner", "name", "status", "startedAt", "parts", "uploaded", "contentLength", "bucket", "files",
    ]

    static let upload = upload([:], required: always)
    static let begun = upload(["files": .list(sentPart, 1...listMax)], required: always)

    static let download = Shape.object(
        ObjectShape(
            [
                "uploadId": text, "name": text, "files": .list(part, 0...listMax), "urls": .list(text, 0...listMax),
                "username": text,
            ],
            required: ["uploadId", "name", "files", "urls", "username"]
        )
    )

    static let list = Shape.object(
        ObjectShape(
            [
                // Fields may be left out on request.
                "files": .list(upload(["id": text], required: ["id"]), 0...100), "next": text, "isPartial": .bool,
                "cursor": number, "page": number, "pages": number, "total": number, "isExact": .bool, "time": number,
            ],
            required: ["files", "time"]
        )
    )
}
