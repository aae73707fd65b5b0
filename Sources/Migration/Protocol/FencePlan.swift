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

/// When late writes do harm.
extension MigrationState {
    /// For how long after the fences of the mode were set nothing may be relied on that they see to.
    ///
    /// Where writes come to be held at a store, none may arrive any more; and in the end none of a worker anywhere. In
    /// between, workers' writes fail by themselves where they are late, and clients' are carried over.
    func fencingDelay(source: Duration, target: Duration) -> Duration {
        switch mode {
        case .sourceHeld: source
        // Before the first switch no client has written there.
        case .targetHeld: hasSwitched ? target : .zero
        case .weakened, .target: max(source, target)
        case .source: isOver ? max(source, target) : .zero
        case .captured, .switched: .zero
        }
    }
}
