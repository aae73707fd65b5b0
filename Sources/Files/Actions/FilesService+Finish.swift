import JSONFormat
import ObjectStorage
import Records

/// What a notification of a part came to.
enum PartOutcome: Sendable {
    /// Some parts are still missing.
    case more(uploaded: Int, of: Int)
    /// That was the last one.
    case last
}

extension FilesService {
    /// Takes notice that a part has come.
    ///
    /// What a notifier can't mend is answered with a status of success, so that it does not come again: a part of no
    /// upload, one whose bytes are not there or not those that were announced, and one that is long known.
    func finish(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        guard caller != .anonymous else { throw FilesError(.signInNeeded, "Sign in: this is for owners of files.") }
        guard let name = PartName(parameters.text("filename") ?? ""),
            let found = try await uploads.get(name.upload), caller.isTrusted(with: found.upload.owner),
            let part = found.upload.parts.first(where: { $0.name == name.text })
        else { return FilesService.unknownPart }
        guard !part.hasUploadedAtMilliseconds else { return FilesService.knownPart }
        let provider = try provider(of: found.upload)
        guard let facts = try await provider.facts(of: part.name) else { return FilesService.unknownPart }
        guard facts.contentLength == part.contentLength else { return FilesService.otherPart }
        let isHeld = parameters.flag("skipProcessing")
        let now = uploads.now()
        let finished: (upload: StoredUpload, version: RecordVersion?, result: PartOutcome)
        do {
            finished = try await uploads.change(found.upload.id, from: found) { upload in
                try upload.note(part: name.text, at: now, isHeld: isHeld)
            }
        } catch is PartKnown {
            return FilesService.knownPart
        }
        let version = finished.version.map { "\($0)" }
        switch finished.result {
        case .more(let uploaded, let count):
            return Answer(FilesService.message("\(uploaded)/\(count) uploaded"), status: 202, version: version)
        case .last: break
        }
        if isHeld {
            return Answer(FilesService.message("upload completed, processing skipped"), version: version)
        }
        if parameters.flag("await") { return try await process(found.upload.id, nil, awaitsPostActions: true) }
        waiting.append(found.upload.id)
        return Answer(finished.upload.wire(), version: version)
    }

    static func message(_ text: String) -> JSON { .object([.init("message", .string(text))]) }

    private static let unknownPart = Answer(message("404: could not find upload"))
    private static let knownPart = Answer(message("412: upload was already processed"))
    private static let otherPart = Answer(message("412: the object is not of the size that was announced"))

    /// Where an upload's bytes are.
    func provider(of upload: StoredUpload) throws -> any ObjectProvider {
        guard let provider = providers[upload.bucket] else { throw UnknownBucket(bucket: upload.bucket) }
        return provider
    }
}

/// A record names a bucket that the service was not opened with.
public struct UnknownBucket: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bucket's name.
    public let bucket: String

    /// One line.
    public var description: String {
        "A file lies in a bucket that the service was not opened with: add its provider. (bucket: \(bucket))"
    }
}

/// Ends a change that is none: somebody else took notice of the part.
private struct PartKnown: Error {}

extension StoredUpload {
    /// Takes notice of a part.
    fileprivate mutating func note(part name: String, at now: Int64, isHeld: Bool) throws -> PartOutcome {
        guard let place = parts.firstIndex(where: { $0.name == name }) else { throw FilesError.noUpload }
        guard !parts[place].hasUploadedAtMilliseconds else { throw PartKnown() }
        parts[place].uploadedAtMilliseconds = now
        let uploaded = parts.count { $0.hasUploadedAtMilliseconds }
        let isLast = uploaded == parts.count
        guard let next = statusNow.after(isLast ? .lastPartCame : .partCame) else { throw PartKnown() }
        status = next.rawValue
        guard isLast else { return .more(uploaded: uploaded, of: parts.count) }
        uploadedAtMilliseconds = now
        held = isHeld
        if !temporary { clearExpiresAtMilliseconds() }
        return .last
    }
}
