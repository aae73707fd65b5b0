/// What one step of deleting a range did.
public struct DeletedRange: Hashable, Sendable {
    /// How many live records the step deleted.
    public let deleted: Int
    /// Where the next step goes on; nil when the range is done.
    public let cursor: Cursor?

    /// A step from its parts.
    public init(deleted: Int, cursor: Cursor?) {
        self.deleted = deleted
        self.cursor = cursor
    }
}
