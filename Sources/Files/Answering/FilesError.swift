import JSONFormat

/// Why an action was refused, with the status that clients of the wire know it by.
///
/// The message is the same text for every occurrence, and tells the remedy.
public struct FilesError: Error, Hashable, Sendable {
    /// What went wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Parameters are not as they have to be; ``FilesError/fields`` tells which.
        case invalidParameters
        /// There are parameters that the action does not know, and nothing else is wrong.
        case unexpectedParameters
        /// The caller has to show who they are.
        case signInNeeded
        /// The upload is somebody else's, or the caller may not do this.
        case forbidden
        /// There is no such upload.
        case notFound
        /// One of the owner's other uploads has the alias, or this one has it already.
        case aliasTaken
        /// The upload is being processed.
        case beingProcessed
        /// The upload has another version than the one that was asked for.
        case versionMismatch
        /// The upload is not processed yet, or was already.
        case wrongStatus
        /// Unlisted uploads can't be changed or removed.
        case unlisted
        /// There is an export of this format already.
        case exportExists
        /// Processing failed, and is not tried again.
        case processingFailed
        /// The parts of an upload don't go together.
        case unsuitableParts
        /// Others changed the record again and again.
        case contended
    }

    /// What is wrong with one parameter.
    public struct Field: Hashable, Sendable {
        /// The way to it, as in `meta/tags/2`.
        public let path: String
        /// What is wrong, and what would be right.
        public let message: String
    }

    /// What went wrong.
    public let code: Code
    /// The failure and its remedy.
    public let message: String
    /// What is wrong with the parameters.
    public let fields: [Field]
    private let members: [JSON.Member]

    init(_ code: Code, _ message: StaticString, fields: [Field] = [], _ details: [JSON.Member] = []) {
        self.code = code
        self.message = "\(message)"
        self.fields = fields
        members = details
    }

    /// What else is known of it, by name, as texts.
    public var details: [String: String] {
        let texts = members.map { ($0.name, $0.value.text ?? String(decoding: $0.value.encoded, as: UTF8.self)) }
        return Dictionary(texts) { first, _ in first }
    }

    /// The HTTP status that goes with it.
    public var status: Int { code.status }
}

extension FilesError.Code {
    /// The HTTP status that goes with it.
    package var status: Int {
        switch self {
        case .invalidParameters, .unsuitableParts: 400
        case .signInNeeded: 401
        case .forbidden: 403
        case .notFound: 404
        case .aliasTaken, .beingProcessed, .contended: 409
        case .versionMismatch, .wrongStatus: 412
        case .unexpectedParameters: 417
        case .unlisted, .exportExists: 418
        case .processingFailed: 422
        }
    }
}

extension FilesError: CustomStringConvertible {
    /// One line: the code, the message, and the fields.
    public var description: String {
        let fields = fields.map { "\($0.path): \($0.message)" }
        return ([code.rawValue + ": " + message] + fields).joined(separator: " | ")
    }
}

extension FilesError {
    static let noUpload = FilesError(.notFound, "There is no upload of this name.")
    static let foreign = FilesError(.forbidden, "The upload belongs to somebody else.")
    static let notProcessed = FilesError(.wrongStatus, "The upload is not processed yet: try when it is.")
}
