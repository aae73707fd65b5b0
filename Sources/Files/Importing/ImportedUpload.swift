import FoundationEssentials

/// An upload that another service kept, with all that is carried over of it.
///
/// Identifiers are UUIDs in small letters. Times are in milliseconds since 1970. Texts in ``details`` are JSON.
public struct ImportedUpload: Hashable, Sendable {
    /// A part of it.
    public struct Part: Hashable, Sendable {
        /// Its name in the bucket.
        public var name: String
        /// Its type.
        public var type: String
        /// Its media type.
        public var contentType = ""
        /// Its size in bytes.
        public var contentLength: Int64 = 0
        /// The MD5 of its bytes; empty where it is not known.
        public var md5: [UInt8] = []
        /// The `Content-Encoding` that it is stored with; empty for none.
        public var contentEncoding = ""
        /// When it came; nil as long as it is on its way.
        public var uploadedAt: Int64?
        /// What else is known of it, by name.
        public var details: [String: String] = [:]

        /// A part of which nothing else is known.
        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// Where it stands.
    public enum Status: Int64, Hashable, Sendable {
        /// Parts are on their way.
        case pending = 1
        /// All parts are there.
        case uploaded = 2
        /// It was processed.
        case processed = 3
        /// The other service was at it: it is processed anew.
        case processing = 4
        /// The last attempt to process it failed.
        case failed = 5
    }

    /// Its identifier.
    public var id: String
    /// Whose it is.
    public var owner: String
    /// Where its parts are.
    public var bucket: String
    /// Where it stands.
    public var status: Status
    /// When it began.
    public var startedAt: Int64
    /// When its last part came.
    public var uploadedAt: Int64?
    /// When it was processed for the first time, from when on it may be used.
    public var processedAt: Int64?
    /// When it goes by itself; nil for never.
    public var expiresAt: Int64?
    /// What it is called.
    public var name = ""
    /// The name that its owner finds it by.
    public var alias: String?
    /// A description.
    public var summary: String?
    /// A web site.
    public var website: String?
    /// Tags. They are kept in small letters, each once.
    public var tags: [String] = []
    /// What it is of; empty where that is not said.
    public var kind = ""
    /// Whether everybody may see it.
    public var isPublic = false
    /// Whether it is in no list and can't be changed.
    public var isUnlisted = false
    /// Whether it is in no list of everybody's, although everybody may see it.
    public var isDirect = false
    /// Whether it goes when its time is over, finished or not.
    public var isTemporary = false
    /// Its parts.
    public var parts: [Part] = []
    /// What else is said of it, by name.
    public var details: [String: String] = [:]
    /// Why processing failed the last time; empty if it did not.
    public var failure = ""
    /// How often it failed.
    public var failures: Int64 = 0
    /// What is to be done once it is processed, as JSON.
    public var postAction: String?
    /// The export that is to be made, as JSON.
    public var export: String?
    /// The names of what was exported, by format.
    public var exports: [String: String] = [:]

    /// An upload of which nothing else is known.
    public init(id: String, owner: String, bucket: String, status: Status, startedAt: Int64) {
        self.id = id
        self.owner = owner
        self.bucket = bucket
        self.status = status
        self.startedAt = startedAt
    }
}

extension ImportedUpload {
    /// What keeps the upload from being one of this service's; nil for nothing.
    ///
    /// Actions find an upload by the names of its parts, and remove its bytes with it. So a name that leads to another
    /// upload would do harm.
    public var objection: String? {
        if !TextForm.uuid.holds(id) || id != id.lowercased() { return "the identifier is no UUID" }
        if !(1...78).contains(owner.unicodeScalars.count) { return "the owner's name is not 1 to 78 characters long" }
        if bucket.isEmpty { return "no bucket is named" }
        if parts.isEmpty { return "there are no parts" }
        if parts.count > FilesAction.partsMax { return "there are more than \(FilesAction.partsMax) parts" }
        if Set(parts.map(\.name)).count < parts.count { return "two parts have one name" }
        for part in parts {
            guard let name = PartName(part.name) else { return "the name of a part is none of this service's" }
            if name.upload != id { return "a part belongs to another upload" }
            if part.contentLength < 0 { return "a part has a size below 0" }
        }
        return parts.reduce(into: (Int64(0), false)) { sum, part in
            let (total, overflows) = sum.0.addingReportingOverflow(part.contentLength)
            sum = (total, sum.1 || overflows)
        }.1 ? "the sizes of the parts are too large together" : nil
    }

    /// Whether a text can be an alias.
    public static func isAlias(_ text: String) -> Bool {
        (1...50).contains(text.utf8.count) && TextForm.alias.holds(text) && StoredUpload.trimmed(text) == text
    }

    /// Whether a text can be a tag.
    public static func isTag(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && TextForm.noComma.holds(text)
    }
}

extension StoredUpload {
    /// The record of an imported upload.
    init(_ upload: ImportedUpload) {
        self.init()
        id = upload.id
        owner = upload.owner
        name = upload.name
        if let text = upload.alias { alias = text }
        if let text = upload.summary { description_p = text }
        if let text = upload.website { website = text }
        tags = StoredUpload.folded(upload.tags)
        kind = upload.kind
        status = upload.status.rawValue
        startedAtMilliseconds = upload.startedAt
        if let time = upload.uploadedAt { uploadedAtMilliseconds = time }
        if let time = upload.processedAt { processedAtMilliseconds = time }
        if let time = upload.expiresAt { expiresAtMilliseconds = time }
        `public` = upload.isPublic
        unlisted = upload.isUnlisted
        direct = upload.isDirect
        temporary = upload.isTemporary
        bucket = upload.bucket
        parts = upload.parts.map { StoredPart($0) }
        details = upload.details
        failure = upload.failure
        failures = upload.failures
        if let text = upload.postAction { postAction = text }
        if let text = upload.export { export = text }
        exports = upload.exports
        // An attempt of nobody here, given up long ago: the next round takes the upload up.
        if upload.status == .processing { processing = StoredProcessing() }
        derive()
    }
}

extension StoredPart {
    fileprivate init(_ part: ImportedUpload.Part) {
        self.init()
        name = part.name
        type = part.type
        contentType = part.contentType
        contentLength = part.contentLength
        md5 = Data(part.md5)
        contentEncoding = part.contentEncoding
        if let time = part.uploadedAt { uploadedAtMilliseconds = time }
        details = part.details
    }
}
