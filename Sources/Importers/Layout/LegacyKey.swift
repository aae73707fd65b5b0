import RedisStore

/// What a key of the layout is for, by its name behind the prefix.
///
/// | name | type | what it has |
/// | --- | --- | --- |
/// | `files-data:ID` | hash | an upload |
/// | `upload-data:NAME` | hash | a part that came, or is on its way |
/// | `files-post:ID` | string | what is to be done once the upload is processed |
/// | `files-ptr-user:OWNER` | hash | aliases and the uploads that they lead to |
/// | `files-index…` | set or sorted set | the uploads of a list |
enum LegacyKey: Hashable, Sendable {
    case upload(String)
    case part(String)
    case postAction(String)
    case aliases(of: String)
    /// The members are uploads.
    case list
    /// An answer that was kept, a lock, or a note of the service's to itself: nothing that is known of uploads.
    case passing
    case unknown

    /// The key of a name, which begins behind the prefix.
    ///
    /// - Parameter content: What is there; nil where only the name is known, which does not tell lists from answers.
    init(_ name: String, _ content: RedisRawRecord.Content?) {
        func rest(_ beginning: String) -> String? {
            name.hasPrefix(beginning) ? String(name.dropFirst(beginning.count)) : nil
        }
        if let id = rest("files-data:") {
            self = .upload(id)
        } else if let part = rest("upload-data:") {
            self = .part(part)
        } else if let id = rest("files-post:") {
            self = .postAction(id)
        } else if let owner = rest("files-ptr-user:") {
            self = .aliases(of: owner)
        } else if name.hasPrefix("files-index") {
            self = LegacyKey.isKept(name, content) ? .passing : .list
        } else if name == "version" || ["files-list:", "dlock!", "gce:webhook_"].contains(where: name.hasPrefix) {
            self = .passing
        } else {
            self = .unknown
        }
    }

    /// Answers were kept under the name of the list that they are of and what was asked: pages as lists of Redis, ranges
    /// of times as sets behind a `!`, and the names of both as sorted sets.
    private static func isKept(_ name: String, _ content: RedisRawRecord.Content?) -> Bool {
        switch content {
        case .list: true
        case .set: name.hasPrefix("files-index-uat") && name.contains("!")
        default: name.hasSuffix("::fsort_temp_keys")
        }
    }
}
