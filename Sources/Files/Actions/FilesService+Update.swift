import JSONFormat
import ObjectStorage
import Records

extension FilesService {
    /// Changes what is said of an upload.
    func update(_ parameters: Parameters, by caller: Caller, if version: RecordVersion?) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        guard parameters["meta"] != nil || parameters["directOnly"] != nil else {
            throw FilesError(
                .invalidParameters,
                "Parameters are not as they have to be.",
                fields: [FilesError.Field(path: "", message: "has nothing that changes: name meta or directOnly")]
            )
        }
        let changed = try await change(
            parameters.upload(),
            meta: parameters["meta"]?.members ?? [],
            direct: parameters["directOnly"]?.bool,
            as: owner,
            if: version
        )
        return Answer(.bool(true), version: changed.map { "\($0)" })
    }

    /// Changes an upload in its owner's name.
    func change(
        _ id: String,
        meta: [JSON.Member],
        direct: Bool?,
        as owner: String,
        if version: RecordVersion?
    ) async throws -> RecordVersion? {
        let origins = backgroundOrigins
        do {
            let changed = try await uploads.change(id, if: version) { upload in
                guard upload.owner == owner else { throw FilesError.foreign }
                guard upload.isUsable else { throw FilesError.notProcessed }
                guard !upload.unlisted else { throw FilesError.unlistedUpload }
                try upload.apply(meta: meta, origins: origins)
                if let direct { upload.direct = direct }
            }
            return changed.version
        } catch let error as RecordError where error.code == .notUnique {
            // Told to the owner of both: aliases are each owner's own.
            let alias = meta.first { $0.name == "alias" }?.value.text ?? ""
            let holder = try await uploads.find(alias: StoredUpload.trimmed(alias), of: owner)
            throw FilesError.aliasTaken(by: holder?.upload.id ?? "", of: owner)
        }
    }

    /// Adds tags, in any status.
    func addTags(_ parameters: Parameters, by caller: Caller, if version: RecordVersion?) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        let new = parameters.texts("tags")
        let changed = try await uploads.change(parameters.upload(), if: version) { upload in
            guard upload.owner == owner else { throw FilesError.foreign }
            let tags = StoredUpload.folded(upload.tags + new)
            guard tags.count <= StoredUpload.tagsMax else {
                throw FilesError(
                    .invalidParameters,
                    "Parameters are not as they have to be.",
                    fields: [FilesError.Field(path: "tags", message: "would make more than 20 in all")]
                )
            }
            upload.tags = tags
        }
        return Answer(.bool(true), version: changed.version.map { "\($0)" })
    }

    /// Makes an upload public, or private.
    func setAccess(_ parameters: Parameters, by caller: Caller, if version: RecordVersion?) async throws -> Answer {
        let owner = try caller.acting(as: parameters.text("username"))
        guard let found = try await uploads.get(parameters.upload()) else { throw FilesError.noUpload }
        if let owner, found.upload.owner != owner { throw FilesError.foreign }
        guard found.upload.isUsable else { throw FilesError.notProcessed }
        let isPublic = parameters.flag("setPublic")
        let provider = try provider(of: found.upload)
        // Bytes before words: what a crash leaves is said to be as it was, and asking again mends it.
        for part in found.upload.parts { try await provider.setPublic(isPublic, of: part.name) }
        let changed = try await uploads.change(found.upload.id, from: found, if: version ?? found.version) { upload in
            upload.public = isPublic
        }
        return Answer(.bool(true), version: changed.version.map { "\($0)" })
    }

    /// Removes an upload, and its bytes unless they are to stay.
    func remove(_ parameters: Parameters, by caller: Caller, if version: RecordVersion?) async throws -> Answer {
        let owner = try caller.acting(as: parameters.text("username"))
        let keepsBytes = parameters.flag("softDelete")
        let now = uploads.now()
        let gone = try await uploads.change(parameters.upload("filename"), if: version) { upload in
            if let owner, upload.owner != owner { throw FilesError.foreign }
            guard !upload.unlisted else { throw FilesError.unlistedUpload }
            upload.end(at: now)
            if keepsBytes { upload.parts = [] }
        }
        if let version = gone.version { try await removeWhole(gone.upload, version) }
        return Answer(.bool(true))
    }

    /// Removes the bytes of an upload, and then what is known of it.
    private func removeWhole(_ upload: StoredUpload, _ version: RecordVersion) async throws {
        let provider = upload.parts.isEmpty ? nil : try provider(of: upload)
        for name in upload.parts.map(\.name) + upload.exports.values.sorted() { try await provider?.remove(name) }
        do {
            try await uploads.delete(upload.id, if: version)
        } catch let error as FilesError where error.code == .notFound || error.code == .versionMismatch {
            // Somebody else removes it, or has.
        }
    }

    /// Removes the uploads whose time is over, with their bytes: those whose parts never came, temporary ones, and those
    /// whose removal was not brought to its end.
    ///
    /// - Returns: How many were removed.
    @discardableResult
    public func removeExpired() async throws -> Int {
        var removed = 0
        try await uploads.visitOver { upload, version in
            try await removeWhole(upload, version)
            removed += 1
        }
        return removed
    }

    /// Looks for parts that came without notice.
    func sync(by caller: Caller) async throws -> Answer {
        try caller.requireService()
        return Answer(.object([.init("noticed", .integer(try await noticeParts()))]))
    }

    /// Takes notice of parts that nobody told of, as `finish` by a part of the system does.
    ///
    /// - Parameter begunBy: Until when their uploads have to have begun; nil for any time.
    /// - Returns: How many there were.
    func noticeParts(begunBy: Int64? = nil) async throws -> Int64 {
        var noticed: Int64 = 0
        try await uploads.visit(.pending, begunBy: begunBy) { upload in
            let provider = try provider(of: upload)
            for part in upload.parts where !part.hasUploadedAtMilliseconds {
                guard try await provider.facts(of: part.name) != nil else { continue }
                let parameters = Parameters(.object([.init("filename", .string(part.name))]))
                _ = try await finish(parameters, by: .service)
                noticed += 1
            }
        }
        return noticed
    }
}

extension FilesError {
    static let unlistedUpload = FilesError(.unlisted, "Unlisted uploads can't be changed or removed.")
}

extension StoredUpload {
    /// How many tags an upload may have.
    static let tagsMax = 20
}
