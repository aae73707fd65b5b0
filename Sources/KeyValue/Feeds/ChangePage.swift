/// That a key was written: by a put, an addition, a tombstone or a delete. What is there now, only a read tells.
public struct KeyChange: Hashable, Sendable {
    /// The key, of any space.
    public let key: Key
    /// The place in the feed behind this change.
    public let position: FeedPosition

    /// A change from its parts.
    public init(key: Key, position: FeedPosition) {
        self.key = key
        self.position = position
    }
}

/// Some of the changes behind a place in a feed.
public struct ChangePage: Hashable, Sendable {
    /// The changes, in the order of the feed. Several of one key may be shown as the last of them.
    public let changes: [KeyChange]
    /// The place behind all of these, and behind whatever else of the feed was passed over: where the next page begins.
    public let position: FeedPosition
    /// Whether every change was shown that was acknowledged before the page was asked for.
    public let isAtEnd: Bool

    /// A page from its parts.
    public init(changes: [KeyChange], position: FeedPosition, isAtEnd: Bool) {
        self.changes = changes
        self.position = position
        self.isAtEnd = isAtEnd
    }
}
