package import JSONFormat

/// What can be asked of the service, by the names of the wire.
public enum FilesAction: String, Hashable, Sendable, CaseIterable {
    /// Begins an upload.
    case upload
    /// Tells that a part has come.
    case finish
    /// Processes what was uploaded.
    case process
    /// Changes what is said of an upload.
    case update
    /// Adds tags.
    case addTags = "tag.add"
    /// Makes an upload public, or private.
    case access
    /// Removes an upload and its bytes.
    case remove
    /// Looks for parts that came without notice.
    case sync
    /// Tells of one upload.
    case info
    /// Tells where bytes are fetched.
    case download
    /// Lists uploads.
    case list
    /// Tells which aliases are taken.
    case head
    /// Tells how much an owner keeps.
    case report
    /// Tells some fields of an upload.
    case data
    /// Counts an owner's uploads.
    case count

    /// The action of a name of the wire; `tag.access`, `tag.remove` and `tag.sync` are other names of those without
    /// `tag.`.
    public init?(name: String) {
        let isOther = ["tag.access", "tag.remove", "tag.sync"].contains(name)
        self.init(rawValue: isOther ? String(name.dropFirst(4)) : name)
    }

    /// Whether it changes nothing, so that whoever may look may ask for it.
    public var isReading: Bool {
        switch self {
        case .info, .download, .list, .head, .report, .data, .count: true
        case .upload, .finish, .process, .update, .addTags, .access, .remove, .sync: false
        }
    }

    /// Whether it can be asked for of a certain version of the upload alone.
    public var takesVersion: Bool {
        switch self {
        case .update, .addTags, .access, .remove: true
        default: false
        }
    }

    /// What its parameters have to be, as JSON Schema (draft 2020-12).
    package var parametersSchema: JSON { shape.schema }

    /// What is done, in a few words.
    package var summary: String {
        switch self {
        case .upload: "Begin an upload"
        case .finish: "Tell that a part has come"
        case .process: "Process what was uploaded"
        case .update: "Change what is said of an upload"
        case .addTags: "Add tags to an upload"
        case .access: "Make an upload public or private"
        case .remove: "Remove an upload and its bytes"
        case .sync: "Look for parts that came without notice"
        case .info: "Tell of one upload"
        case .download: "Tell where bytes are fetched"
        case .list: "List uploads"
        case .head: "Tell which uploads have these aliases"
        case .report: "Tell how much an owner keeps"
        case .data: "Tell some fields of an upload"
        case .count: "Count an owner's uploads"
        }
    }
}
