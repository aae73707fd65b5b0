import JSONFormat

/// A kind of part: what its descriptor has to say.
struct PartShape: Sendable {
    /// Which types of part are of the kind.
    let isType: @Sendable (String) -> Bool
    let shape: ObjectShape

    private init(
        _ isType: @escaping @Sendable (String) -> Bool,
        _ contentTypes: Shape,
        to maximum: Int64,
        _ more: [String: Shape] = [:],
        required: [String] = []
    ) {
        self.isType = isType
        let members: [String: Shape] = [
            "type": .text(1...32, .partType), "contentType": contentTypes, "contentLength": .integer(1...maximum),
            "md5Hash": .text(32...32, .hexadecimal(32)),
        ]
        shape = ObjectShape(
            members.merging(more) { $1 },
            required: ["type", "contentType", "contentLength", "md5Hash"] + required
        )
    }

    private init(
        _ types: [String],
        _ contentTypes: [String],
        to maximum: Int64,
        _ more: [String: Shape] = [:],
        required: [String] = []
    ) {
        self.init({ types.contains($0) }, .choice(contentTypes), to: maximum, more, required: required)
    }

    private static let native = "image/vnd.cappasity"
    private static let platforms = ["platforms": Shape.list(.text(1...32), 0...16, isUnique: true)]
    private static let images = ["image/jpeg", "image/png"]
    private static let hundredMebibytes: Int64 = 104_857_600
    private static let masks = [
        "masks", "ar-color", "ar-masks", "nn-color-source", "nn-mask-source", "orig-color", "orig-masks",
    ]
    private static let nativeSuffixed = TextForm(
        pattern: "^image/vnd\\.cappasity(\\+[a-z0-9-]+)?$",
        holds: { text in
            text == native || (text.hasPrefix(native + "+") && TextForm.partType.holds(String(text.dropFirst(20))))
        }
    )
    private static let gzip = ["contentEncoding": Shape.choice(["gzip"])]

    private static let numberedPack = PartShape(
        { type in
            type.hasPrefix("c-pack") && type.utf8.count > 6 && type.utf8.dropFirst(6).allSatisfy(TextForm.isDigit)
        },
        .text(1...64, nativeSuffixed),
        to: hundredMebibytes,
        platforms
    )

    private static let binary = PartShape(
        ["c-bin"],
        ["application/octet-stream"],
        to: 2_000_000_000,
        [
            "contentEncoding": .choice(["gzip"]), "decompressedLength": .integer(1...Int64.max),
            "source-sha256": .text(64...64, .hexadecimal(64)),
        ],
        required: ["contentEncoding", "decompressedLength", "source-sha256"]
    )

    /// Every kind that is named; what is of none of them is an image of any type.
    private static let named: [PartShape] =
        [
            binary,
            PartShape(["c-texture", "c-preview", "c-simple", "c-pack"], images, to: 20_971_520, platforms),
            PartShape(["c-texture", "c-preview", "c-simple", "c-pack"], [native], to: hundredMebibytes, platforms),
            numberedPack,
            PartShape(
                ["c-usdz"],
                ["model/usd", "model/usdz", "model/vnd.usdz+zip", "model/vnd.pixar.usd"],
                to: hundredMebibytes
            ),
            PartShape(["gltf"], ["model/gltf+json", "model/gltf-binary"], to: 314_572_800),
            PartShape(["background"], images, to: 2_097_152),
            PartShape(
                ["arbitrary"],
                ["text/plain", "application/pdf", "application/json", "text/csv"],
                to: hundredMebibytes,
                gzip
            ),
            PartShape(
                ["video"],
                ["video/mp4", "video/webm", "video/quicktime", "video/mov"],
                to: 1_073_741_824
            ),
            PartShape(["zip"], ["application/zip"], to: 20_000_000),
            PartShape(["pkpass"], ["application/vnd.apple.pkpass"], to: 20_000_000),
            PartShape(["pano-equirect-image", "pano-cubemap-image"], images, to: 20_971_520),
        ] + masks.map { PartShape(["c-" + $0], ["\(native)+\($0)"], to: hundredMebibytes) }

    private static let image = PartShape(
        { type in !named.contains { $0.isType(type) } },
        .choice(images + ["image/svg+xml"]),
        to: 50_000_000
    )

    /// Any descriptor, for describing it.
    static let any = Shape.either((named + [image]).map { .object($0.shape) })

    /// Notes what is wrong with a descriptor, held against the kinds of its type.
    static func check(_ value: JSON, at path: [String], _ findings: inout Findings) {
        guard let type = value["type"]?.text, TextForm.partType.holds(type), type.utf8.count <= 32 else {
            return findings.add(path + ["type"], "is not the type of a part")
        }
        let suitable = (named + [image]).filter { $0.isType(type) }
        var last = Findings()
        for kind in suitable {
            last = Findings()
            kind.shape.check(value, at: path, &last)
            if last.fields.isEmpty { break }
        }
        for field in last.fields {
            findings.add([field.path], field.message, isUnexpected: last.isUnexpectedOnly)
        }
        if type == "c-bin", let length = value["contentLength"]?.integer,
            let whole = value["decompressedLength"]?.integer,
            whole < length
        {
            findings.add(path + ["decompressedLength"], "is less than contentLength")
        }
    }
}

/// What an upload is of, and which parts go together in one.
enum UploadKind: String, CaseIterable, Sendable {
    case simple
    case image
    case background
    case model
    case text
    case pdf
    case equirectangularPanorama = "pano-equirect"
    case cubeMapPanorama = "pano-cubemap"
    case extendedModel = "glb-extended"
    case zip
    case pass = "pkpass"

    /// Whether parts of these types make an upload of the kind.
    func suits(_ types: [String]) -> Bool {
        func count(_ type: String) -> Int { types.count { $0 == type } }
        let previews = count("c-preview")
        return switch self {
        case .simple: previews > 0 && types.contains { ["c-simple", "c-texture", "c-pack"].contains($0) }
        case .text: count("arbitrary") == types.count
        case .equirectangularPanorama: types.count == 2 && count("pano-equirect-image") == 1 && previews == 1
        case .cubeMapPanorama: types.count == 7 && count("pano-cubemap-image") == 6 && previews == 1
        case .extendedModel:
            (2...3).contains(types.count) && count("gltf") == 1 && previews == 1
                && count("c-usdz") == types.count - 2
        case .image, .background, .model, .pdf, .zip, .pass: true
        }
    }
}
