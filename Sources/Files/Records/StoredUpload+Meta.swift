import JSONFormat

extension StoredUpload {
    /// Brings in what is said of an upload; the parameters have been checked.
    ///
    /// - Parameters:
    ///   - meta: What is said. Texts are trimmed; of texts, an empty one takes away what was there.
    ///   - origins: What a background image's location may begin with.
    mutating func apply(meta: [JSON.Member], origins: [String]) throws(FilesError) {
        for member in meta {
            let text = member.value.text ?? ""
            switch member.name {
            case "name": name = text
            case "alias": try set(alias: text)
            case "description": description_p = StoredUpload.trimmed(text)
            case "website": if text.isEmpty { clearWebsite() } else { website = text }
            case "tags": tags = StoredUpload.folded((member.value.items ?? []).compactMap(\.text))
            case "export": export = String(decoding: member.value.encoded, as: UTF8.self)
            case "playerSettings": merge(playerSettings: member.value)
            case "backgroundImage":
                try StoredUpload.check(background: text, origins)
                set(text.isEmpty ? nil : member.value, member.name)
            case "previewCustom": set(text.isEmpty ? nil : member.value, member.name)
            default: set(member.value, member.name)
            }
        }
    }

    private mutating func set(_ value: JSON?, _ name: String) {
        details[name] = value.map { String(decoding: $0.encoded, as: UTF8.self) }
    }

    private mutating func set(alias text: String) throws(FilesError) {
        guard !text.isEmpty else { return clearAlias() }
        let trimmed = StoredUpload.trimmed(text)
        guard !trimmed.isEmpty else {
            throw FilesError(
                .invalidParameters,
                "Parameters are not as they have to be.",
                fields: [FilesError.Field(path: "meta/alias", message: "is blank")]
            )
        }
        guard !hasAlias || alias != trimmed else { throw FilesError.aliasTaken(by: id, of: owner) }
        alias = trimmed
    }

    /// Settings are brought in one by one; those that are null are taken away.
    private mutating func merge(playerSettings new: JSON) {
        var settings = details["playerSettings"].flatMap { JSON(parsing: Array($0.utf8)) }?.members ?? []
        for member in new.members ?? [] {
            settings.removeAll { $0.name == member.name }
            settings.append(member)
        }
        set(.object(settings), "playerSettings")
    }

    private static func check(background text: String, _ origins: [String]) throws(FilesError) {
        guard !text.isEmpty else { return }
        let isOwn = origins.contains { origin in
            guard text.hasPrefix(origin + "/"), let part = PartName(String(text.dropFirst(origin.count + 1))) else {
                return false
            }
            return [".png", ".jpeg", ".jpg"].contains { part.text.hasSuffix($0) }
        }
        guard isOwn else {
            throw FilesError(.wrongStatus, "The background image has an invalid origin: upload it here first.")
        }
    }

    /// Tags in lower case, each once, in the order in which they come.
    static func folded(_ tags: [String]) -> [String] {
        var seen: Set<String> = []
        return tags.map { $0.lowercased() }.filter { seen.insert($0).inserted }
    }

    static func trimmed(_ text: String) -> String {
        let isBlank = { (character: Character) in character.isWhitespace }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}

extension FilesError {
    static func aliasTaken(by upload: String, of owner: String) -> FilesError {
        FilesError(
            .aliasTaken,
            "One of the owner's uploads has this alias: choose another.",
            [.init("uploadId", .string(upload)), .init("owner", .string(owner))]
        )
    }
}
