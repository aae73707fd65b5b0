import JSONFormat
import ObjectStorage
import Records

extension FilesService {
    /// Tells of one upload, by its identifier or one of the owner's aliases.
    func info(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        let name = parameters.text("filename") ?? ""
        var found = try await uploads.find(alias: name, of: owner)
        if found == nil, TextForm.uuid.holds(name) { found = try await uploads.get(name.lowercased()) }
        guard let found else { throw FilesError.noUpload }
        guard found.upload.owner == owner else {
            throw FilesError(.signInNeeded, "Sign in as the owner of the file.")
        }
        let content = JSON.object([.init("username", .string(owner)), .init("file", found.upload.wire())])
        return Answer(content, version: "\(found.version)")
    }

    /// Tells where an upload's bytes are fetched.
    func download(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        let named = parameters.text("username")
        let id = parameters.upload()
        guard let found = try await uploads.get(id)?.upload else { throw FilesError.noUpload }
        if !found.public {
            let owner = try caller.acting(as: named)
            guard let owner else { throw FilesError(.signInNeeded, "Sign in as the owner of the file.") }
            guard owner == found.owner else { throw FilesError.foreign }
        }
        guard found.isUsable else { throw FilesError.notProcessed }
        let types = Set(parameters.texts("types"))
        let parts = found.parts.filter { types.isEmpty || types.contains($0.type) }
        let renames = parameters.flag("rename")
        let provider = try provider(of: found)
        var counts: [String: Int] = [:]
        var locations: [String] = []
        for part in parts {
            let isPlain = found.public && !renames
            locations.append(
                try await provider.downloadLocation(
                    of: part.name,
                    for: isPlain ? .everybody : .holder(configuration.downloadLifetime),
                    savedAs: renames ? part.fileName(after: found.name, &counts) : nil
                )
            )
        }
        return Answer(
            .object([
                .init("uploadId", .string(found.id)), .init("name", .string(found.name)),
                .init("files", .array(parts.map { $0.wire(in: found.bucket) })), .init("urls", .strings(locations)),
                .init("username", .string(found.owner)),
            ])
        )
    }

    /// The uploads that have these aliases, in their order.
    func head(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        var ids: [JSON] = []
        for alias in parameters.texts("aliases") {
            ids.append(try await uploads.find(alias: alias, of: owner).map { .string($0.upload.id) } ?? .null)
        }
        if ids.allSatisfy({ $0 == .null }) {
            guard try await uploads.hasAliases(owner) else {
                throw FilesError(.notFound, "There are no files with an alias.")
            }
        }
        return Answer(.array(ids))
    }

    /// How much an owner keeps.
    func report(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        var members = try await counts(of: owner)
        if parameters.flag("includeStorage") {
            let open = try await uploads.bytes(.public, of: owner)
            let closed = try await uploads.bytes(.private, of: owner)
            members.append(.init("totalContentLength", .integer(open.value + closed.value)))
            members.append(.init("publicContentLength", .integer(open.value)))
            members.append(.init("isExact", .bool(open.isExact && closed.isExact)))
        }
        return Answer(.object(members))
    }

    /// How many uploads an owner has.
    func count(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        return Answer(.object(try await counts(of: owner)))
    }

    private func counts(of owner: String) async throws -> [JSON.Member] {
        let open = try await uploads.total(.public, of: owner).value
        let closed = try await uploads.total(.private, of: owner).value
        return [.init("total", .integer(open + closed)), .init("public", .integer(open))]
    }

    /// Some fields of an upload, to its owner.
    func data(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        let owner = try caller.acting(as: nil)
        guard let found = try await uploads.get(parameters.upload()) else { throw FilesError.noUpload }
        if let owner, found.upload.owner != owner { throw FilesError.foreign }
        let wire = found.upload.wire()
        var members = [JSON.Member("uploadId", .string(found.upload.id))]
        for name in parameters.texts("fields") where !members.contains(where: { $0.name == name }) {
            members.append(.init(name, wire[name] ?? .null))
        }
        return Answer(.object([.init("file", .object(members))]), version: "\(found.version)")
    }
}

extension StoredPart {
    /// The name under which a client saves it: the upload's, a number for each of its ending, and the ending.
    fileprivate func fileName(after name: String, _ counts: inout [String: Int]) -> String {
        let last = self.name.split(separator: "/").last ?? ""
        let stored = last.drop { $0 != "." }.dropFirst()
        let ending = stored == "bin.gz" ? "txt" : String(stored)
        counts[ending, default: 0] += 1
        return "\(name)_\(counts[ending] ?? 1).\(ending)"
    }
}
