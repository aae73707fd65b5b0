extension WriteBatch.Operation {
    /// For stores that judge preconditions themselves: how the operation's precondition fails over what is at its key,
    /// tombstones included; nil when it holds or there is none.
    public func conflict(with entry: Entry?) -> StoreError.Conflict? {
        guard let precondition else { return nil }
        let holds =
            switch precondition {
            case .absent: entry?.isTombstone ?? true
            case .vacant: entry == nil
            case .exists: entry.map { !$0.isTombstone } ?? false
            case .revision(let revision): entry?.revision == revision
            }
        guard !holds else { return nil }
        return StoreError.Conflict(
            key: key,
            precondition: precondition,
            occupant: entry.map { .row($0) } ?? .vacant
        )
    }
}
