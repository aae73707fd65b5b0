/// What lies under one key of a Redis: its content, of whichever type, and when it expires.
///
/// A view with `layout=raw` delivers one as the value of each key. Its bytes are those of ``encoded()``: the same
/// content always gives the same bytes, so that two views or a view and its copy can be compared.
public struct RedisRawRecord: Hashable, Sendable {
    /// What the key holds, by its type.
    public enum Content: Hashable, Sendable {
        /// A string, which is bytes.
        case string([UInt8])
        /// Elements from the head to the tail.
        case list([[UInt8]])
        /// Members, in no order.
        case set(Set<[UInt8]>)
        /// Members and their scores, none of which is a NaN.
        case sortedSet([[UInt8]: Double])
        /// Fields and their values.
        case hash([[UInt8]: [UInt8]])
        /// A log of entries.
        case stream(RedisRawStream)
    }

    /// What the key holds.
    public var content: Content
    /// When the key expires, in milliseconds since 1970; nil for never.
    public var expiresAtMilliseconds: Int64?

    /// A record from its parts.
    public init(_ content: Content, expiresAtMilliseconds: Int64? = nil) {
        self.content = content
        self.expiresAtMilliseconds = expiresAtMilliseconds
    }
}

/// The content of a stream: its entries, the last identifier it gave out, and where its groups stand.
///
/// What a group has delivered and not had acknowledged is not in it.
public struct RedisRawStream: Hashable, Sendable {
    /// The identifier of an entry: a time in milliseconds, and a number that tells entries of one time apart.
    public struct ID: Hashable, Sendable, Comparable {
        /// The milliseconds.
        public var milliseconds: UInt64
        /// The number among the entries of these milliseconds.
        public var sequence: UInt64

        /// An identifier from its parts.
        public init(milliseconds: UInt64, sequence: UInt64) {
            self.milliseconds = milliseconds
            self.sequence = sequence
        }

        public static func < (left: ID, right: ID) -> Bool {
            (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
        }
    }

    /// An entry.
    public struct Entry: Hashable, Sendable {
        /// Its identifier.
        public var id: ID
        /// Fields and values, one after the other as they were added: a field may be there more than once.
        public var fieldsAndValues: [[UInt8]]

        /// An entry from its parts.
        public init(id: ID, fieldsAndValues: [[UInt8]]) {
            self.id = id
            self.fieldsAndValues = fieldsAndValues
        }
    }

    /// The entries in the order of their identifiers.
    public var entries: [Entry]
    /// The last identifier that was given out, also to an entry that is gone.
    public var lastID: ID
    /// The consumer groups by name, with the last identifier that each has delivered.
    public var groups: [[UInt8]: ID]

    /// A stream from its parts.
    public init(entries: [Entry], lastID: ID, groups: [[UInt8]: ID] = [:]) {
        self.entries = entries
        self.lastID = lastID
        self.groups = groups
    }
}
