/// Something of the source that is not carried over, and why.
public struct ImportFinding: Hashable, Sendable {
    /// What is lost.
    public enum Loss: String, Hashable, Sendable {
        /// A whole upload.
        case upload
        /// Something of an upload, which itself is carried.
        case detail
        /// A key, or an entry of one, that leads to no upload.
        case stray
    }

    /// Why it is not carried.
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        /// The key holds another type of value than its name tells.
        case wrongType
        /// The upload lacks what every upload has.
        case incomplete
        /// A value is none of those that the field can have.
        case unreadable
        /// Parts lie in several buckets, of which an upload has one.
        case severalBuckets
        /// The upload can't be one of the service's: its parts belong to another one, for instance.
        case unsuitable
        /// A key or an index entry of the upload would be longer than the target's may be.
        case tooLarge
        /// The target has the upload with other contents, which stayed.
        case different

        /// The alias leads to another of the owner's uploads.
        case aliasTaken
        /// The upload has another alias too, and keeps that.
        case secondAlias
        /// A text can't be an alias.
        case unsuitableAlias
        /// A text can't be a tag.
        case unsuitableTag
        /// The field is kept and shown, but nothing goes by it any more.
        case withoutEffect
        /// The size that was told of the upload is not that of its parts, which counts.
        case otherSize
        /// Nothing tells whether it was processed before the attempt that failed or is under way: it is processed anew.
        case processingUnknown

        /// The alias leads to no upload of the owner.
        case aliasWithoutUpload
        /// The part is of no upload.
        case partWithoutUpload
        /// What is to be done is for no upload.
        case postActionWithoutUpload
        /// A list has an entry that is no upload.
        case entryWithoutUpload
        /// The key is none of the layout.
        case unknownKey

        /// What is lost.
        public var loss: Loss {
            switch self {
            case .wrongType, .incomplete, .unreadable, .severalBuckets, .unsuitable, .tooLarge, .different: .upload
            case .aliasTaken, .secondAlias, .unsuitableAlias, .unsuitableTag, .withoutEffect, .otherSize,
                .processingUnknown:
                .detail
            case .aliasWithoutUpload, .partWithoutUpload, .postActionWithoutUpload, .entryWithoutUpload, .unknownKey:
                .stray
            }
        }
    }

    /// Why it is not carried.
    public let reason: Reason
    /// The key in the source.
    public let key: [UInt8]
    /// What of it: a field, an alias, an entry; or empty.
    public let detail: String

    init(_ reason: Reason, _ key: [UInt8], _ detail: String = "") {
        self.reason = reason
        self.key = key
        self.detail = detail
    }
}

/// What came of an import.
public struct ImportReport: Hashable, Sendable {
    /// How many uploads were written.
    public var saved = 0
    /// How many were there already as they are.
    public var unchanged = 0
    /// How many took the place of ones with other contents.
    public var replaced = 0
    /// How many aliases lead to an upload that was carried.
    public var aliases = 0
    /// How many keys belong to uploads, parts, aliases, lists and what is to be done.
    public var keys = 0
    /// How many keys hold answers that were kept, locks and notes, which are left.
    public var passingKeys = 0
    /// How many keys do not begin with the prefix.
    public var otherKeys = 0
    /// How many things are not carried, by the reason.
    public var findings: [ImportFinding.Reason: Int] = [:]

    /// How many whole uploads are not carried.
    public var lostUploads: Int {
        findings.reduce(0) { $0 + ($1.key.loss == .upload ? $1.value : 0) }
    }

    /// A report of nothing.
    public init() {}
}
