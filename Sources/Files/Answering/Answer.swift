package import JSONFormat

/// What an action answers.
public struct Answer: Hashable, Sendable {
    /// The HTTP status that goes with it. Some outcomes that are none of a failure have one of their own: 202 for an
    /// upload of which parts are missing, 200 for a notification of what is long known.
    public let status: Int
    /// The version of the upload that it tells of, for preconditions; nil where it tells of none or of several.
    public let version: String?
    package let content: JSON

    init(_ content: JSON, status: Int = 200, version: String? = nil) {
        self.content = content
        self.status = status
        self.version = version
    }

    /// The answer as JSON.
    public var body: [UInt8] { content.encoded }
}

extension JSON {
    static func integer(_ value: Int64) -> JSON { .number("\(value)") }

    static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}
