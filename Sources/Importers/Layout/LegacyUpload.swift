import Files
import FoundationEssentials
import JSONFormat

/// An upload of the layout: the fields of its hash, all of which are texts, some of them JSON.
struct LegacyUpload: Sendable {
    /// Why it can't be read.
    struct Refusal: Error {
        let reason: ImportFinding.Reason
        let detail: String

        init(_ reason: ImportFinding.Reason, _ detail: String) {
            self.reason = reason
            self.detail = detail
        }
    }

    private let id: String
    private let fields: [String: String]
    private(set) var upload: ImportedUpload
    /// What of it is not carried.
    private(set) var notes: [Refusal] = []

    /// Reads the fields of an upload.
    ///
    /// - Parameters:
    ///   - id: The upload, as the key tells it.
    ///   - hash: Fields and values.
    ///   - expiry: When the key expires.
    init(_ id: String, _ hash: [[UInt8]: [UInt8]], expiresAt expiry: Int64?) throws(Refusal) {
        var fields: [String: String] = [:]
        for (name, value) in hash {
            guard let name = String(validating: name, as: UTF8.self) else {
                throw Refusal(.unreadable, "a field's name")
            }
            guard let value = String(validating: value, as: UTF8.self) else { throw Refusal(.unreadable, name) }
            fields[name] = value
        }
        self.id = id
        self.fields = fields
        func needed(_ name: String) throws(Refusal) -> String {
            guard let text = fields[name], !text.isEmpty else { throw Refusal(.incomplete, name) }
            return text
        }
        guard fields["uploadId"].map({ $0 == id }) ?? true else { throw Refusal(.unreadable, "uploadId") }
        guard let status = ImportedUpload.Status(text: try needed("status")) else {
            throw Refusal(.unreadable, "status")
        }
        guard let startedAt = LegacyUpload.milliseconds(try needed("startedAt")) else {
            throw Refusal(.unreadable, "startedAt")
        }
        let parts = try LegacyParts(fields["files"] ?? "")
        let buckets = Set(parts.buckets + [fields["bucket"]].compactMap { $0 })
        guard buckets.count <= 1 else { throw Refusal(.severalBuckets, buckets.sorted().joined(separator: " ")) }
        guard let bucket = buckets.first else { throw Refusal(.incomplete, "bucket") }
        upload = ImportedUpload(
            id: id.lowercased(),
            owner: try needed("owner"),
            bucket: bucket,
            status: status,
            startedAt: startedAt
        )
        upload.parts = parts.parts
        upload.expiresAt = expiry
        if let text = fields["uploadedAt"] {
            guard let time = LegacyUpload.milliseconds(text) else { throw Refusal(.unreadable, "uploadedAt") }
            upload.uploadedAt = time
        }
        takeWords()
        takeWork()
        takeRest()
        if let total = fields["contentLength"].flatMap({ Int64($0) }), upload.objection == nil {
            let sum = upload.parts.reduce(0) { $0 + $1.contentLength }
            if sum != total { notes.append(Refusal(.otherSize, "\(total) and not \(sum)")) }
        }
        if let objection = upload.objection { throw Refusal(.unsuitable, objection) }
    }

    /// What is said of it.
    private mutating func takeWords() {
        upload.name = fields["name"] ?? ""
        upload.summary = fields["description"]
        upload.website = fields["website"].flatMap { $0.isEmpty ? nil : $0 }
        upload.kind = fields["uploadType"] ?? ""
        if let alias = fields["alias"], !alias.isEmpty {
            if ImportedUpload.isAlias(alias) {
                upload.alias = alias
            } else {
                notes.append(Refusal(.unsuitableAlias, alias))
            }
        }
        // What is no JSON counts as none, as there.
        for tag in (JSON(parsing: Array((fields["tags"] ?? "[]").utf8))?.items ?? []).compactMap(\.text) {
            if ImportedUpload.isTag(tag) { upload.tags.append(tag) } else { notes.append(Refusal(.unsuitableTag, tag)) }
        }
        upload.isPublic = isSet("public")
        upload.isUnlisted = isSet("unlisted")
        upload.isDirect = isSet("direct")
        upload.isTemporary = isSet("temporary")
    }

    /// A mark is there or it is not.
    private func isSet(_ name: String) -> Bool { fields[name].map { !["", "0", "false"].contains($0) } ?? false }

    private static let formats = ["obj", "stl", "wrl"]
    /// What plugins point to in a whole upload.
    private static let pointers = formats + ["archive", "model", "preview", "simple", "texture_0"]

    /// Where it stands with processing.
    private mutating func takeWork() {
        for format in LegacyUpload.formats {
            if let name = fields[format], !name.isEmpty { upload.exports[format] = name }
        }
        upload.failure = String((fields["error"] ?? "").prefix(1_000))
        upload.failures = fields["error-count"].flatMap { Int64($0) }.map { max(0, $0) } ?? 0
        upload.export = fields["export"].flatMap { JSON(parsing: Array($0.utf8)) == nil ? nil : $0 }
        let wasProcessed = LegacyUpload.pointers.contains { fields[$0] != nil }
        switch upload.status {
        case .pending, .uploaded: break
        case .processed: upload.processedAt = upload.uploadedAt ?? upload.startedAt
        case .processing, .failed:
            if wasProcessed { upload.processedAt = upload.uploadedAt ?? upload.startedAt }
            if !wasProcessed { notes.append(Refusal(.processingUnknown, "status \(upload.status.rawValue)")) }
        }
        // Parts are noted one by one only as long as some are missing.
        guard upload.status != .pending else { return }
        for place in upload.parts.indices { upload.parts[place].uploadedAt = upload.uploadedAt ?? upload.startedAt }
    }

    /// The fields that have a place of their own, or follow from others.
    private static let placed = Set(
        formats + [
            "alias", "bucket", "contentLength", "description", "direct", "error", "error-count", "export", "files",
            "name",
            "name_n", "owner", "parts", "public", "startedAt", "status", "tags", "temporary", "unlisted", "uploadId",
            "uploadType", "uploaded", "uploadedAt", "website",
        ]
    )
    private static let structured: Set = [
        "ar3dviewProps", "capabilities", "controlsData", "creationInfo", "cycle", "dimensions", "fitToSquare",
        "isInShowroom", "nft", "playerSettings", "references",
    ]
    private static let numeric: Set = ["height", "nftAmount", "nftBlock", "pHeight", "pWidth", "width"]
    private static let withoutEffect: Set = [
        "categories", "clonedAt", "hasClones", "hasReferences", "immutable", "isClone", "isReferenced", "parentId",
        "references",
    ]

    /// Everything else, as the JSON that it stands for.
    private mutating func takeRest() {
        for (name, text) in fields where !LegacyUpload.placed.contains(name) {
            var value = JSON.string(text)
            if LegacyUpload.structured.contains(name) || LegacyUpload.numeric.contains(name),
                let parsed = JSON(parsing: Array(text.utf8)), parsed != .null
            {
                if LegacyUpload.structured.contains(name) { value = parsed }
                if case .number = parsed { value = parsed }
            }
            upload.details[name] = String(decoding: value.encoded, as: UTF8.self)
        }
        let idle = LegacyUpload.withoutEffect.filter { fields[$0].map { !$0.isEmpty } ?? false }.sorted()
        if !idle.isEmpty { notes.append(Refusal(.withoutEffect, idle.joined(separator: " "))) }
    }

    private static func milliseconds(_ text: String) -> Int64? {
        Int64(text) ?? Double(text).flatMap { Int64(exactly: $0.rounded(.down)) }
    }
}

extension LegacyUpload {
    /// What is to be read beside the upload: the keys of its parts as long as some are missing, and that of what is to
    /// be done once it is processed.
    var companions: (parts: [String], postAction: String?) {
        (
            upload.status == .pending ? upload.parts.map(\.name) : [],
            upload.status == .processed ? nil : id
        )
    }

    /// Takes in which parts have come, by their names. What the service did not get to note of the whole upload is noted
    /// now: that the last one has.
    mutating func take(arrivals: [String: Int64]) {
        for (place, part) in upload.parts.enumerated() { upload.parts[place].uploadedAt = arrivals[part.name] }
        guard let last = upload.parts.compactMap(\.uploadedAt).max(),
            upload.parts.allSatisfy({ $0.uploadedAt != nil })
        else { return }
        upload.status = .uploaded
        upload.uploadedAt = last
        if !upload.isTemporary { upload.expiresAt = nil }
    }

    /// Takes in what is to be done once the upload is processed.
    mutating func take(postAction text: String) { upload.postAction = text }
}

extension ImportedUpload.Status {
    fileprivate init?(text: String) {
        guard let number = Int64(text) else { return nil }
        self.init(rawValue: number)
    }
}
