import KeyValue

/// Why an operation on records failed: one of a closed list, with the data to act on.
///
/// The message is the same text for every occurrence and tells the remedy; what varies is in ``metadata``, which holds
/// names and numbers, never values of fields.
public struct RecordError: Error, Sendable {
    /// What went wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// A record type, an index or a key is declared in a way that can't work.
        case invalidDeclaration
        /// No field of this name is declared.
        case unknownField
        /// A value is not of the kind that its field is declared with.
        case wrongKind
        /// A key or an index entry of the record is longer than the store's keys may be, or there are too many of them.
        case tooLarge
        /// The record is there although it must not be.
        case alreadyExists
        /// The record is not there although it must be.
        case notFound
        /// The record has another version than the one that was asked for.
        case versionMismatch
        /// Another record holds a value that an index declares unique.
        case notUnique
        /// Others changed the record again and again. Nothing was written.
        case contended
        /// The stored bytes are of a format or a schema version that this release does not know.
        case newerVersion
        /// Stored bytes are damaged.
        case corrupted
        /// No index serves the query.
        case notServed
        /// The text of a filter can't be read.
        case unreadableFilter
        /// The cursor does not belong to the query, or nobody here has made it.
        case invalidCursor
        /// A declaration differs from what the store's schema has in a way that its records would not survive.
        case forbiddenChange
        /// The schema on the store has gone on without this program, which must not write any more.
        case outdatedSchema
        /// The index is not, or not yet, in a state in which it can be used or changed like this.
        case indexNotReady
        /// The store can't keep records: see the message.
        case unsupported
    }

    /// Whether the same call may be made again.
    public enum Retry: Hashable, Sendable {
        /// No: it would fail again until something else is done.
        case never
        /// Yes, as it is.
        case always
    }

    /// What went wrong.
    public let code: Code
    /// The failure and its remedy, the same text for every occurrence.
    public let message: String
    /// What varies.
    public let metadata: [String: String]
    /// The row that can't be read, of damage that is known by its key.
    let row: Key?

    /// An error from its parts.
    public init(_ code: Code, _ message: StaticString, _ metadata: [String: String] = [:]) {
        self.code = code
        self.message = "\(message)"
        self.metadata = metadata
        row = nil
    }

    /// The same error of a row.
    private init(_ error: RecordError, at row: Key) {
        code = error.code
        message = error.message
        metadata = error.metadata.merging(["key": "\(row)"]) { known, _ in known }
        self.row = row
    }

    /// The same of damage, with the key of the row that can't be read; one that has a key already keeps it.
    func at(_ key: Key) -> RecordError {
        guard isOfDamage, row == nil else { return self }
        return RecordError(self, at: key)
    }

    /// Whether it says of stored bytes that they can't be what they should be.
    var isOfDamage: Bool {
        switch code {
        case .corrupted, .newerVersion, .wrongKind, .invalidDeclaration, .tooLarge: true
        default: false
        }
    }

    /// Whether the same call may be made again.
    public var retry: Retry { code == .contended ? .always : .never }
}

extension RecordError: CustomStringConvertible {
    /// One line: the code, the message, the metadata in the order of its names.
    public var description: String {
        let details = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return "\(code.rawValue): \(message)" + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
    }
}

extension RecordError {
    static func damaged(_ what: StaticString, _ metadata: [String: String] = [:]) -> RecordError {
        RecordError(.corrupted, what, metadata)
    }
}
