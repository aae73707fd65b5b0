import KeyValue

/// Which fences the stores have in each mode.
extension MigrationState {
    /// The fence of a side at an epoch.
    ///
    /// While a migration runs, only those who know its epoch may write, so a program that opens a store without knowing
    /// of the migration is refused. At the end the store that has the records admits everybody again, but not before
    /// every worker is gone: until then, deletes have to leave tombstones. A source that was left says for ever where
    /// its records are.
    func fence(of side: Side, epoch: UInt64, movingTo target: StoreName) -> Fence {
        switch (side, mode) {
        case (.source, .target): Fence(epoch: epoch, admission: .movedAway(to: target.name))
        case (.source, .source), (.target, .target):
            Fence(epoch: epoch, admission: isOver && !isRetired ? .epochOnly : .everyone)
        default: Fence(epoch: epoch, admission: .epochOnly)
        }
    }
}
