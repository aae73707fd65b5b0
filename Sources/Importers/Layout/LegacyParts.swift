import Files
import FoundationEssentials
import JSONFormat

/// The parts of an upload, from the JSON of its field `files`.
struct LegacyParts: Sendable {
    private(set) var parts: [ImportedUpload.Part] = []
    /// The buckets that they name.
    private(set) var buckets: [String] = []

    init(_ text: String) throws(LegacyUpload.Refusal) {
        for file in JSON(parsing: Array(text.utf8))?.items ?? [] {
            guard let name = file["filename"]?.text, let type = file["type"]?.text else {
                throw LegacyUpload.Refusal(.incomplete, "files")
            }
            var part = ImportedUpload.Part(name: name, type: type)
            for member in file.members ?? [] {
                let text = member.value.text
                switch member.name {
                // A place to send bytes to is only good for minutes.
                case "filename", "type", "location": break
                case "bucket": if let text { buckets.append(text) }
                case "contentType": part.contentType = text ?? ""
                case "contentEncoding": part.contentEncoding = text ?? ""
                case "contentLength": part.contentLength = LegacyParts.size(member.value)
                case "md5Hash": part.md5 = text.flatMap(LegacyParts.digest) ?? []
                default: part.details[member.name] = String(decoding: member.value.encoded, as: UTF8.self)
                }
            }
            parts.append(part)
        }
    }

    private static func size(_ value: JSON) -> Int64 {
        value.integer.map { Int64($0) } ?? value.text.flatMap { Int64($0) } ?? 0
    }

    /// The 16 bytes of an MD5, which is written in Base64 or in hexadecimal digits.
    private static func digest(_ text: String) -> [UInt8]? {
        if text.utf8.count == 32 {
            let digits = Array(text.utf8)
            let bytes = stride(from: 0, to: 32, by: 2).compactMap { start in
                UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16)
            }
            if bytes.count == 16 { return bytes }
        }
        guard let data = Data(base64Encoded: text), data.count == 16 else { return nil }
        return Array(data)
    }
}
