import FoundationEssentials
import JSONFormat

extension StoredUpload {
    /// The upload as the wire has it, without some of its fields.
    func wire(without omitted: Set<String> = []) -> JSON {
        var members: [JSON.Member] = []
        func add(_ name: String, _ value: JSON?) {
            if let value, !omitted.contains(name) { members.append(.init(name, value)) }
        }
        add("uploadId", .string(id))
        add("owner", .string(owner))
        add("name", .string(name))
        add("alias", hasAlias ? .string(alias) : nil)
        add("description", hasDescription_p ? .string(description_p) : nil)
        add("website", hasWebsite ? .string(website) : nil)
        add("tags", tags.isEmpty ? nil : .strings(tags))
        add("uploadType", kind.isEmpty ? nil : .string(kind))
        add("status", .string("\(status)"))
        add("startedAt", .integer(startedAtMilliseconds))
        add("uploadedAt", hasUploadedAtMilliseconds ? .integer(uploadedAtMilliseconds) : nil)
        add("parts", .integer(partsCount))
        add("uploaded", .integer(Int64(parts.count { $0.hasUploadedAtMilliseconds })))
        add("contentLength", .integer(contentLength))
        add("bucket", .string(bucket))
        let flags = [("public", `public`), ("unlisted", unlisted), ("direct", direct), ("temporary", temporary)]
        for (name, isSet) in flags { add(name, isSet ? .string("1") : nil) }
        add("error", failure.isEmpty ? nil : .string(failure))
        add("error-count", failures > 0 ? .integer(failures) : nil)
        add("export", hasExport ? JSON(parsing: Array(export.utf8)) : nil)
        for (format, name) in exports.sorted(by: { $0.key < $1.key }) { add(format, .string(name)) }
        // What was stored by another release may be no JSON: then it is given as the text that it is.
        for (name, text) in details.sorted(by: { $0.key < $1.key }) {
            add(name, JSON(parsing: Array(text.utf8)) ?? .string(text))
        }
        add("files", .array(parts.map { $0.wire(in: bucket) }))
        return .object(members)
    }
}

extension StoredPart {
    /// The part as the wire has it, with where its bytes are to be sent if that is told.
    func wire(in bucket: String, sentTo location: JSON.Member? = nil, headers: JSON.Member? = nil) -> JSON {
        var members: [JSON.Member] = [
            .init("filename", .string(name)), .init("type", .string(type)), .init("contentType", .string(contentType)),
            .init("contentLength", .integer(contentLength)), .init("md5Hash", .string(md5.base64EncodedString())),
            .init("bucket", .string(bucket)),
        ]
        if !contentEncoding.isEmpty { members.append(.init("contentEncoding", .string(contentEncoding))) }
        for (name, text) in details.sorted(by: { $0.key < $1.key }) {
            members.append(.init(name, JSON(parsing: Array(text.utf8)) ?? .string(text)))
        }
        return .object(members + [location, headers].compactMap { $0 })
    }
}
