/// What may be said of an upload.
enum MetaShape {
    static let tags = Shape.list(.text(1...20, .noComma), 0...20, isUnique: true)

    /// An open bag of small values.
    private static let simpleValue = Shape.either([
        .text(1...256), .anyNumber, .bool, .list(.either([.text(to: 256), .anyNumber]), 0...32),
    ])

    private static let properties = Shape.object(
        ObjectShape([:], others: .formed([(.word, simpleValue)]), count: 0...64)
    )

    private static let playerSettings = Shape.object(
        ObjectShape(
            [
                "rotatemode": .choice(["loop", "once", "boomerang"]),
                "ttc": .number(Double.leastNonzeroMagnitude...1e15),
                "autorotatetime": .number(2...60),
                "beginFrame": .integer(0...Int64.max), "endFrame": .integer(0...Int64.max),
                "startViewFrame": .integer(0...Int64.max),
                "reverse": .bool,
            ],
            others: .formed([(.word, simpleValue)]),
            count: 0...64
        )
    )

    private static let creationInfo = Shape.object(
        ObjectShape([
            "os": .choice(["macos", "linux", "windows", "android", "ios"]),
            "osVersion": .text(1...50), "application": .text(1...50), "applicationVersion": .text(1...50),
            "props": properties,
        ])
    )

    static let exportFormats = ["stl", "obj", "wrl"]

    static let export = Shape.object(
        ObjectShape(
            [
                "format": .choice(exportFormats), "compression": .choice(["zip", "gz"]),
                "meta": .object(
                    ObjectShape(
                        [:],
                        others: .formed([
                            (
                                .word,
                                .either([
                                    .text(to: 256), .anyNumber,
                                    .list(.either([.text(to: 256), .anyNumber]), 0...64),
                                ])
                            )
                        ]),
                        count: 0...64
                    )
                ),
            ],
            required: ["format", "compression"]
        )
    )

    private static let attribute = Shape.object(
        ObjectShape(
            ["title": .text(to: 256), "type": .text(to: 256), "url": .text(to: 2_048), "id": .text(to: 256)]
        )
    )

    private static let nft = Shape.object(
        ObjectShape(
            [
                "price": .anyNumber, "currency": .choice(["usd", "eur", "capp"]), "supply": .anyNumber,
                "image": .text(to: 2_048), "asset": .text(to: 2_048), "story": .text(to: 20_000),
                "attributes": .list(attribute, 0...64),
            ],
            required: ["price", "currency", "supply", "image"]
        )
    )

    private static let members: [String: Shape] = [
        "alias": .text(0...50, .alias), "name": .text(1...75), "description": .text(to: 20_000),
        "version": .text(to: 256), "cycle": .bool, "website": .text(0...2_048, .website), "tags": tags,
        "export": export, "controlsData": .list(.anyNumber, 29...29),
        "backgroundColor": .text(1...32, .color), "fitToSquare": .bool, "backgroundImage": .text(to: 2_048),
        "type": .choice(["default", "object", "dslr", "human", "user"]),
        "capabilities": .list(.text(1...32), 0...32, isUnique: true), "dimensions": .list(.anyNumber, 0...32),
        "ar3dviewProps": properties, "playerSettings": playerSettings, "creationInfo": creationInfo,
        "pWidth": .integer(0...Int64.max), "pHeight": .integer(0...Int64.max), "isInShowroom": .bool, "nft": nft,
        "width": .integer(0...Int64.max), "height": .integer(0...Int64.max),
        "nftOwner": .text(42...42, .hexadecimal(40, after: "0x")), "nftCollection": .text(36...36, .uuid),
        "nftToken": .text(58...58, .digits(58)), "nftAmount": .anyNumber, "nftBlock": .anyNumber,
        "previewCustom": .either([.text(0...0), .text(1...200, .partName)]),
    ]

    private static func shape(of members: [String: Shape], required: [String], count: ClosedRange<Int>) -> ObjectShape {
        var shape = ObjectShape(
            members,
            required: required,
            others: .formed([(.customName, .either([.text(to: 262_144), .anyNumber]))]),
            count: count
        )
        shape.together = [["pWidth", "pHeight"]]
        return shape
    }

    /// Of a new upload.
    static let new = shape(of: members.filter { $0.key != "alias" }, required: ["name"], count: 1...256)

    /// Of what changes.
    static let changed: ObjectShape = {
        var shape = MetaShape.shape(of: members, required: [], count: 0...256)
        shape.apart = [["export", "creationInfo"]]
        return shape
    }()
}
