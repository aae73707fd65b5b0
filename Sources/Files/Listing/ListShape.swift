import JSONFormat

/// What a list may be asked.
enum ListShape {
    private static let value = Shape.either([
        .text(1...58), .object(ObjectShape(operators, count: 1...10)),
    ])

    /// Those of a value within `any` are checked when they are read: they may be nested.
    private static let operators: [String: Shape] = [
        "eq": .text(1...58), "ne": .text(1...58), "match": .text(1...58), "gt": .anyNumber, "gte": .anyNumber,
        "lt": .anyNumber, "lte": .anyNumber, "exists": .bool, "isempty": .bool,
        "some": .list(.text(to: 58), 0...100),
        "any": .list(
            .either([.text(1...58), .object(ObjectShape([:], others: .ignored, count: 1...10))]),
            0...32
        ),
    ]

    private static let multi = Shape.object(
        ObjectShape(
            [
                "fields": .list(.choice(["name", "description", "website", "owner", "alias"]), 1...5),
                "match": .text(1...50),
            ],
            required: ["fields", "match"]
        )
    )

    private static let filter: Shape = {
        var members = Dictionary(uniqueKeysWithValues: ListField.all.keys.map { ($0, value) })
        members["#multi"] = multi
        return .object(ObjectShape(members))
    }()

    static let parameters = ObjectShape(
        [
            "offset": .integer(0...1_000_000), "limit": .integer(1...100), "order": .choice(["ASC", "DESC"]),
            "criteria": .choice(UploadType.orders.keys.sorted()), "owner": .text(1...78), "public": .bool,
            "temp": .bool, "expiration": .integer(0...Int64.max), "without": .list(.text(1...64), 0...100),
            "filter": filter, "tags": .list(.text(1...20, .noComma), 0...20), "after": .text(1...4_096),
            "includeTotal": .bool,
        ],
        others: .ignored
    )
}

/// A field that lists are filtered by.
struct ListField: Hashable, Sendable {
    let name: String
    /// Whether its values are whole numbers; otherwise they are texts.
    let isNumber: Bool

    /// By the names of the wire; `#` is the identifier.
    static let all: [String: ListField] = {
        let texts = [
            "uploadId": "id", "#": "id", "name": "name", "alias": "alias", "description": "description",
            "website": "website", "owner": "owner", "uploadType": "kind",
        ]
        let numbers = [
            "startedAt": "started_at", "uploadedAt": "uploaded_at", "contentLength": "content_length",
            "status": "status", "parts": "parts_count",
        ]
        return texts.mapValues { ListField(name: $0, isNumber: false) }
            .merging(numbers.mapValues { ListField(name: $0, isNumber: true) }) { $1 }
    }()
}
