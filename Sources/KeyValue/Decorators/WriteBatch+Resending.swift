extension WriteBatch {
    /// Whether the batch may be sent again after an unknown outcome: it has a precondition that its own first attempt
    /// breaks, so that of two attempts at most one is applied.
    ///
    /// `exists` is none of them even for a delete, since what somebody created meanwhile would be deleted. With
    /// `absent` and `vacant` there remains one case that no store can tell: applied, deleted by somebody else, and
    /// applied again.
    var mayBeResent: Bool { operations.contains { $0.breaksItsOwnPrecondition } }

    /// What the receipt would have said, as far as the rows still tell. Nil when they don't show that the batch was
    /// applied. `entries` holds what is at each operation's key now, tombstones included.
    func receipt(from entries: [Entry?]) -> WriteReceipt? {
        guard let id else { return nil }
        var isApplied = false
        var receipt = WriteReceipt([])
        for (operation, entry) in zip(operations, entries) {
            var outcome = WriteReceipt.Outcome()
            if let entry, entry.revision.isWritten(by: id) {
                isApplied = true
                outcome.revision = entry.revision
                if case .add = operation.action { outcome.sum = Counter.decode(entry.value) }
            }
            receipt.outcomes.append(outcome)
        }
        return isApplied ? receipt : nil
    }
}

extension WriteBatch.Operation {
    fileprivate var breaksItsOwnPrecondition: Bool {
        switch (action, precondition) {
        case (.check, _), (_, nil), (_, .exists): false
        case (_, .revision): true
        case (.put, .absent), (.add, .absent): true
        case (.put, .vacant), (.add, .vacant), (.bury, .vacant): true
        case (.bury, .absent), (.delete, .absent), (.delete, .vacant): false
        }
    }
}
