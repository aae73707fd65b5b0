import Crypto
import FoundationEssentials
import JSONFormat
import KeyValue
import ObjectStorage
import Records

extension FilesService {
    /// Begins an upload: a record, and for each part where a client sends its bytes.
    func upload(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        guard let owner = try caller.acting(as: parameters.text("username")) else { throw FilesService.ownerMissing }
        try FilesService.checkTogether(parameters)
        var upload = StoredUpload()
        upload.id = makeUUID()
        upload.owner = owner
        upload.status = Status.pending.rawValue
        upload.startedAtMilliseconds = uploads.now()
        upload.expiresAtMilliseconds = upload.startedAtMilliseconds + configuration.uploadLifetime.milliseconds
        upload.bucket = primary.bucket
        upload.kind = parameters.text("uploadType") ?? ""
        upload.public = parameters["access"]?["setPublic"]?.bool ?? false
        upload.temporary = parameters.flag("temp")
        upload.unlisted = parameters.flag("unlisted")
        upload.direct = parameters.flag("directOnly")
        try upload.apply(meta: parameters["meta"]?.members ?? [], origins: backgroundOrigins)
        if let action = parameters["postAction"] { upload.postAction = String(decoding: action.encoded, as: UTF8.self) }
        for file in parameters["files"]?.items ?? [] {
            upload.parts.append(StoredPart(file, named: makePartName(file, of: upload)))
        }
        upload.derive()
        try await hooks.beforeUpload(owner, upload.contentLength)
        let lifetime = Duration.seconds(parameters.integer("expires") ?? 900)
        var files: [JSON] = []
        for part in upload.parts {
            let object = NewObject(
                name: part.name,
                contentType: part.storedContentType,
                contentLength: part.contentLength,
                md5: Array(part.md5),
                contentEncoding: part.contentEncoding.isEmpty ? nil : part.contentEncoding,
                isPublic: upload.public
            )
            let place = try await primary.uploadLocation(of: object, for: lifetime)
            let headers = place.headers.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
            files.append(
                part.wire(
                    in: upload.bucket,
                    sentTo: .init("location", .string(place.location)),
                    headers: .init("headers", .object(headers))
                )
            )
        }
        let version = try await uploads.insert(upload)
        let wire = (upload.wire(without: ["files"]).members ?? []) + [.init("files", .array(files))]
        return Answer(.object(wire), version: version.map { "\($0)" })
    }

    static let ownerMissing = FilesError(
        .invalidParameters,
        "Parameters are not as they have to be.",
        fields: [FilesError.Field(path: "username", message: "is missing")]
    )

    /// Throws for parameters each of which is allowed, but not beside the others.
    private static func checkTogether(_ parameters: Parameters) throws(FilesError) {
        var findings = Findings()
        let isUnlisted = parameters.flag("unlisted")
        let isTemporary = parameters.flag("temp")
        if parameters["resumable"]?.bool == false, isUnlisted, isTemporary {
            findings.add(["resumable"], "can't be false of an upload that is unlisted and temporary")
        }
        if parameters["postAction"] != nil, isUnlisted || isTemporary {
            findings.add(["postAction"], "can't be of an upload that is unlisted or temporary")
        }
        try findings.require()
        let types = (parameters["files"]?.items ?? []).compactMap { $0["type"]?.text }
        guard let kind = parameters.text("uploadType").flatMap({ UploadKind(rawValue: $0) }) else { return }
        guard kind.suits(types) else {
            throw FilesError(
                .unsuitableParts,
                "The parts don't make an upload of this type.",
                [.init("uploadType", .string(kind.rawValue))]
            )
        }
    }

    /// A random UUID of version 4 (RFC 9562).
    private func makeUUID() -> String {
        let high = environment.random() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = environment.random() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private func makePartName(_ file: JSON, of upload: StoredUpload) -> String {
        let owner = Insecure.MD5.hash(data: Array(upload.owner.utf8))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let type = file["type"]?.text ?? ""
        let ending = FilesService.fileExtension(ofType: type, file["contentType"]?.text ?? "")
        return "\(owner)/\(upload.id)/\(makeUUID()).\(ending)"
    }

    /// The ending of a part's name.
    private static func fileExtension(ofType type: String, _ contentType: String) -> String {
        switch type {
        case "c-bin": return "bin.gz"
        case "c-texture": return "jpeg"
        case "c-archive": return "zip"
        case "c-masks": return "mask"
        case "c-usdz": return "usdz"
        case _ where type.hasPrefix("c-pack"): return "pack"
        default: break
        }
        let known = [
            "image/jpeg": "jpeg", "image/png": "png", "image/svg+xml": "svg", "text/plain": "txt",
            "application/pdf": "pdf", "application/json": "json", "text/csv": "csv", "video/mp4": "mp4",
            "video/webm": "webm", "video/quicktime": "mov", "video/mov": "mov", "application/zip": "zip",
            "application/vnd.apple.pkpass": "pkpass", "model/gltf+json": "gltf", "model/gltf-binary": "glb",
        ]
        return known[contentType] ?? (type == "c-preview" ? "jpeg" : "bin")
    }

    /// What a background image's location may begin with.
    var backgroundOrigins: [String] { configuration.backgroundOrigins }
}

extension Duration {
    var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}

extension StoredPart {
    /// The part that a checked descriptor tells of.
    init(_ file: JSON, named name: String) {
        self.init()
        self.name = name
        for member in file.members ?? [] {
            switch member.name {
            case "type": type = member.value.text ?? ""
            case "contentType": contentType = member.value.text ?? ""
            case "contentLength": contentLength = Int64(member.value.integer ?? 0)
            case "contentEncoding": contentEncoding = member.value.text ?? ""
            case "md5Hash": md5 = Data(StoredPart.bytes(hexadecimal: member.value.text ?? ""))
            default: details[member.name] = String(decoding: member.value.encoded, as: UTF8.self)
            }
        }
    }

    /// Browsers only unpack types that they know.
    var storedContentType: String { type == "c-bin" ? "text/plain" : contentType }

    private static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { start in
            UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16)
        }
    }
}
