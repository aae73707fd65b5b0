/// Something that a bucket told of an object: that all of its bytes are there.
public struct ObjectEvent: Hashable, Sendable {
    /// The bucket.
    public let bucket: String
    /// The object's name.
    public let name: String

    /// An event from its parts.
    public init(bucket: String, name: String) {
        self.bucket = bucket
        self.name = name
    }
}

/// Why a notification is not taken.
public struct NotificationRefusal: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Who sent it does not show that they may.
        case notAuthentic
        /// It can't be read, or is none of this kind.
        case unreadable
    }

    /// What is wrong.
    public let code: Code
    /// The same for people, with the remedy.
    public let message: String

    init(_ code: Code, _ message: StaticString) {
        self.code = code
        self.message = "\(message)"
    }

    /// The HTTP status that goes with it.
    public var status: Int {
        switch code {
        case .notAuthentic: 401
        case .unreadable: 400
        }
    }
}
