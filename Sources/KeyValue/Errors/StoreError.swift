/// Why an operation on a store failed: one of a closed list, with the data to act on.
///
/// The message is the same text for every occurrence and tells the remedy; what varies is in ``metadata``. Neither
/// holds values or secrets; keys appear only where the error is about one.
public struct StoreError: Error, Sendable {
    /// What went wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// A precondition does not hold. Nothing was written. ``StoreError/conflicts`` says what is there now.
        case preconditionFailed
        /// The request makes no sense. Nothing was written.
        case invalidArgument
        /// Something is beyond a limit, which the metadata names. Nothing was written.
        case tooLarge
        /// The store can't do it; see ``Capabilities``. Nothing was written.
        case unsupported
        /// The store asks for less load; ``StoreError/retryAfter`` says for how long, if it does. Nothing was written.
        case throttled
        /// The store can't be reached or serves nobody now. Nothing was written.
        case unavailable
        /// There was no answer in time. Nothing was written.
        case timedOut
        /// The batch may have been applied or not.
        case outcomeUnknown
        /// The store does not let this user do it. Nothing was written.
        case permissionDenied
        /// Another process or transaction holds what is needed. Nothing was written.
        case locked
        /// There is no room. Nothing was written.
        case full
        /// The store takes no writes. Nothing was written.
        case readOnly
        /// The stored bytes are of a format that this release does not know.
        case newerFormat
        /// The records live elsewhere now; the metadata names the store.
        case movedAway
        /// The batch belongs to a mode of a migration that is over. Nothing was written.
        case staleMode
        /// Stored bytes are damaged.
        case corrupted
        /// The calling task was cancelled. Nothing was written.
        case cancelled
    }

    /// Whether the same request may be sent again.
    public enum Retry: Hashable, Sendable {
        /// No: it would fail again until something else is done.
        case never
        /// Yes, as it is.
        case always
        /// Only under a condition: an unknown outcome only where its first attempt would break the second's
        /// preconditions, a stale mode only after the mode was read again.
        case conditionally
    }

    /// What is at a key whose precondition did not hold.
    public struct Conflict: Hashable, Sendable {
        /// What is there.
        public enum Occupant: Hashable, Sendable {
            /// The store could not say.
            case unknown
            /// No row.
            case vacant
            /// A row, live or tombstone.
            case row(Entry)
        }

        /// The key.
        public let key: Key
        /// What was asked for.
        public let precondition: Precondition
        /// What is there.
        public let occupant: Occupant

        /// A conflict from its parts.
        public init(key: Key, precondition: Precondition, occupant: Occupant) {
            self.key = key
            self.precondition = precondition
            self.occupant = occupant
        }
    }

    // Boxed, so that a result is one word wide where the error is typed.
    private final class Storage: Sendable {
        let code: Code
        let message: String
        let metadata: [String: String]
        let conflicts: [Conflict]
        let retryAfter: Duration?
        let cause: (any Error)?

        init(
            code: Code,
            message: String,
            metadata: [String: String],
            conflicts: [Conflict],
            retryAfter: Duration?,
            cause: (any Error)?
        ) {
            self.code = code
            self.message = message
            self.metadata = metadata
            self.conflicts = conflicts
            self.retryAfter = retryAfter
            self.cause = cause
        }
    }

    private let storage: Storage

    /// An error from its parts.
    public init(
        _ code: Code,
        _ message: StaticString,
        _ metadata: [String: String] = [:],
        conflicts: [Conflict] = [],
        retryAfter: Duration? = nil,
        cause: (any Error)? = nil
    ) {
        storage = Storage(
            code: code,
            message: "\(message)",
            metadata: metadata,
            conflicts: conflicts,
            retryAfter: retryAfter,
            cause: cause
        )
    }

    /// What went wrong.
    public var code: Code { storage.code }
    /// The failure and its remedy, the same text for every occurrence.
    public var message: String { storage.message }
    /// What varies.
    public var metadata: [String: String] { storage.metadata }
    /// For ``Code/preconditionFailed``: at least one precondition that did not hold.
    public var conflicts: [Conflict] { storage.conflicts }
    /// How long the store asks to be left alone.
    public var retryAfter: Duration? { storage.retryAfter }
    /// The error below.
    public var cause: (any Error)? { storage.cause }

    /// Whether the same request may be sent again.
    public var retry: Retry {
        switch code {
        case .throttled, .unavailable, .timedOut, .locked, .cancelled: .always
        case .outcomeUnknown, .staleMode: .conditionally
        case .preconditionFailed, .invalidArgument, .tooLarge, .unsupported, .permissionDenied, .full, .readOnly,
            .newerFormat, .movedAway, .corrupted:
            .never
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// One line: the code, the message, the metadata in the order of its names, the conflicts' keys, the cause.
    public var description: String {
        var text = "\(code.rawValue): \(message)"
        let details =
            metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            + conflicts.prefix(3).map { "key: \($0.key)" }
            + (cause.map { ["cause: \($0)"] } ?? [])
        if !details.isEmpty { text += " (" + details.joined(separator: ", ") + ")" }
        return text
    }
}

extension StoreError {
    /// ``Code/invalidArgument`` with this message.
    public static func invalidArgument(_ message: StaticString, _ metadata: [String: String] = [:]) -> StoreError {
        StoreError(.invalidArgument, message, metadata)
    }

    /// ``Code/unsupported`` with this message.
    public static func unsupported(_ message: StaticString, _ metadata: [String: String] = [:]) -> StoreError {
        StoreError(.unsupported, message, metadata)
    }

    /// ``Code/tooLarge`` for a limit of ``Limits``.
    public static func tooLarge(_ limit: StaticString, _ actual: Int, _ maximum: Int) -> StoreError {
        StoreError(
            .tooLarge,
            "Beyond a limit of the store: make it smaller, or use a store with a larger limit.",
            ["limit": "\(limit)", "actual": "\(actual)", "maximum": "\(maximum)"]
        )
    }

    /// ``Code/movedAway`` to the store of this name.
    public static func movedAway(to name: String) -> StoreError {
        StoreError(
            .movedAway,
            "The records of this store were moved: open the store they were moved to.",
            ["to": name]
        )
    }

    /// ``Code/unavailable`` after ``KeyValueStore/close()``.
    public static var closed: StoreError {
        StoreError(.unavailable, "The store has been closed: open it again.")
    }

    /// ``Code/unavailable`` after ``StoreSnapshot/close()``, and when the store lost the snapshot.
    public static var snapshotClosed: StoreError {
        StoreError(.unavailable, "The snapshot has been closed or lost: take another, and begin anew.")
    }

    /// ``Code/unsupported`` for a store without snapshots.
    public static var noSnapshots: StoreError {
        .unsupported("This store can't be read as it was at one moment: hold its writers, or read it as it is.")
    }

    /// ``Code/unsupported`` for a store without a feed of changes.
    public static var noFeed: StoreError {
        .unsupported("This store keeps no feed of its changes: read it whole.")
    }

    /// ``Code/invalidArgument`` for a place that is none of the store's feed.
    public static var noFeedPosition: StoreError {
        .invalidArgument("The position is not one of this store's feed: take a new one, and read the store whole.")
    }

    /// ``Code/invalidArgument`` for a bin that the store does not list.
    public static func noSuchBin(_ bin: Bin) -> StoreError {
        .invalidArgument("The store has no such bin: list its bins.", ["bin": bin.name])
    }

    /// ``Code/cancelled`` before anything was done.
    public static var cancelled: StoreError {
        StoreError(.cancelled, "The calling task was cancelled before anything was written.")
    }

    /// ``Code/preconditionFailed`` with what is there.
    public static func preconditionFailed(_ conflicts: [Conflict]) -> StoreError {
        StoreError(
            .preconditionFailed,
            "The record is not as the batch requires: read it again and decide anew.",
            conflicts: conflicts
        )
    }
}
