import JSONFormat

extension FilesAction {
    private static let ownerName = Shape.text(1...78)
    private static let identifier = Shape.text(36...36, .uuid)

    /// What the parameters have to be.
    var shape: ObjectShape {
        switch self {
        case .upload: return FilesAction.uploading
        case .finish:
            return ObjectShape(
                [
                    "filename": .text(1...200, .partName), "resourceId": .text(to: 1_024), "action": .text(to: 256),
                    "skipProcessing": .bool, "await": .bool,
                ],
                required: ["filename"],
                others: .ignored
            )
        case .process:
            return ObjectShape(
                [
                    "uploadId": FilesAction.identifier, "username": FilesAction.ownerName, "export": MetaShape.export,
                    "awaitPostActions": .bool,
                ],
                required: ["uploadId"],
                others: .ignored
            )
        case .update:
            return ObjectShape(
                [
                    "uploadId": FilesAction.identifier, "username": FilesAction.ownerName, "directOnly": .bool,
                    "meta": .object(MetaShape.changed),
                ],
                required: ["uploadId"],
                others: .ignored
            )
        case .addTags:
            return ObjectShape(
                ["uploadId": FilesAction.identifier, "username": FilesAction.ownerName, "tags": MetaShape.tags],
                required: ["uploadId", "tags"],
                others: .ignored
            )
        case .access:
            return ObjectShape(
                ["uploadId": FilesAction.identifier, "username": FilesAction.ownerName, "setPublic": .bool],
                required: ["uploadId", "setPublic"],
                others: .ignored
            )
        case .remove:
            return ObjectShape(
                ["filename": FilesAction.identifier, "username": FilesAction.ownerName, "softDelete": .bool],
                required: ["filename"],
                others: .ignored
            )
        case .sync: return ObjectShape([:], others: .ignored)
        case .info, .download, .list, .head, .report, .data, .count: return reading
        }
    }

    private var reading: ObjectShape {
        switch self {
        case .info:
            return ObjectShape(
                ["filename": .text(1...50), "username": FilesAction.ownerName],
                required: ["filename"],
                others: .ignored
            )
        case .download:
            return ObjectShape(
                [
                    "uploadId": FilesAction.identifier, "username": FilesAction.ownerName, "rename": .bool,
                    "types": .list(.text(1...32, .partType), 0...32, isUnique: true),
                ],
                required: ["uploadId"],
                others: .ignored
            )
        case .list: return ListShape.parameters
        case .head:
            return ObjectShape(
                ["aliases": .list(.text(1...50, .alias), 1...100), "username": FilesAction.ownerName],
                required: ["aliases"],
                others: .ignored
            )
        case .data:
            return ObjectShape(
                ["uploadId": FilesAction.identifier, "fields": .list(.text(to: 50), 0...100)],
                required: ["uploadId"]
            )
        case .report: return ObjectShape(["username": FilesAction.ownerName, "includeStorage": .bool])
        default: return ObjectShape(["username": FilesAction.ownerName], others: .ignored)
        }
    }

    private static let uploading: ObjectShape = {
        let postAction = Shape.object(
            ObjectShape(["update": .object(nonEmptyChange)], required: ["update"])
        )
        return ObjectShape(
            [
                "files": .list(PartShape.any, 1...FilesAction.partsMax), "meta": .object(MetaShape.new),
                "username": ownerName, "access": .object(ObjectShape(["setPublic": .bool])),
                "origin": .text(1...2_048), "resumable": .bool, "expires": .integer(1...604_800), "temp": .bool,
                "unlisted": .bool, "directOnly": .bool, "postAction": postAction,
                "uploadType": .choice(UploadKind.allCases.map(\.rawValue)),
            ],
            required: ["files", "meta"],
            others: .ignored
        )
    }()

    private static let nonEmptyChange: ObjectShape = {
        var shape = MetaShape.changed
        shape.count = 1...256
        return shape
    }()

    /// How many parts an upload may have.
    static let partsMax = 256

    /// The parameters, checked: throws with everything that is wrong with them.
    func parameters(_ value: JSON) throws(FilesError) -> Parameters {
        var findings = Findings()
        var shape = shape
        // Parts are held against what they claim to be, in place of "none of what is allowed".
        if self == .upload {
            shape.members["files"] = .list(.object(ObjectShape([:], others: .ignored)), 1...FilesAction.partsMax)
        }
        shape.check(value, at: [], &findings)
        if self == .upload, let files = value["files"]?.items, files.count <= FilesAction.partsMax {
            for (index, file) in files.enumerated() { PartShape.check(file, at: ["files", "\(index)"], &findings) }
        }
        try findings.require()
        return Parameters(value)
    }
}

/// Parameters that have been checked.
struct Parameters: Sendable {
    private let value: JSON

    init(_ value: JSON) { self.value = value }

    subscript(name: String) -> JSON? { value[name] }

    func text(_ name: String) -> String? { value[name]?.text }
    func flag(_ name: String) -> Bool { value[name]?.bool ?? false }
    func integer(_ name: String) -> Int? { value[name]?.integer }
    func texts(_ name: String) -> [String] { (value[name]?.items ?? []).compactMap(\.text) }

    /// The upload that is named; identifiers are the same in small and in capital letters.
    func upload(_ name: String = "uploadId") -> String { (text(name) ?? "").lowercased() }
}
