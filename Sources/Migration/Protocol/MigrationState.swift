/// Where a migration stands, as far as its safety depends on it. The control record holds one; only the functions
/// beside change it.
package struct MigrationState: Hashable, Sendable {
    /// What clients are to go by.
    package var mode: MigrationMode = .source
    /// Whether the barrier of ``MigrationMode/captured`` has ended once: every write since then is marked.
    package var isCaptureComplete = false
    /// Whether every range has been copied.
    package var isCopied = false
    /// Whether clients have ever written the target.
    package var hasSwitched = false
    /// Whether the migration is over, and no worker of it can write any more.
    package var isRetired = false

    package init() {}
}

// MARK: - What a client may do

/// What a client may do in a mode.
package struct ClientPermission: Hashable, Sendable {
    /// How a client writes.
    package struct Writing: Hashable, Sendable {
        /// The store that it writes.
        package var side: Side
        /// Which way the change is to be carried over: then the write leaves a mark.
        package var capture: Direction?
        /// What a delete does.
        package var deletion: Deletion
    }

    /// The store that it reads.
    package var reads: Side
    /// How it writes; nil when writes wait.
    package var writing: Writing?
}

/// What becomes of the row of a record that is deleted.
package enum Deletion: Hashable, Sendable {
    /// It goes without a trace.
    case remove
    /// A tombstone takes its place.
    case bury
}

extension MigrationState {
    /// What a client may do that has read this state.
    package func permission(_ rules: MigrationRules = .all) -> ClientPermission {
        let side = mode.readSide
        var permission = ClientPermission(reads: side, writing: nil)
        guard !mode.isHeld else { return permission }
        let isCaptured = mode.direction == .forward || rules.contains(.reverseCapture)
        permission.writing = ClientPermission.Writing(
            side: side,
            capture: isCaptured ? mode.direction : nil,
            deletion: deletion(on: side, rules)
        )
        return permission
    }

    /// What a delete on one side does, by a client or by a worker.
    ///
    /// A row that was there and is gone looks like one that was never there: a worker that was held up would put an
    /// old value in its place. So as long as a worker may write to a side, its deletes leave tombstones.
    package func deletion(on side: Side, _ rules: MigrationRules = .all) -> Deletion {
        if isRetired { return .remove }
        switch side {
        case .source: return hasSwitched && rules.contains(.tombstonesOnSource) ? .bury : .remove
        case .target: return rules.contains(.tombstonesOnTarget) ? .bury : .remove
        }
    }
}

// MARK: - What workers may do

extension MigrationState {
    /// Whether a copier may begin to read.
    package func mayCopy(_ rules: MigrationRules = .all) -> Bool {
        mode == .captured && (isCaptureComplete || !rules.contains(.copyAfterBarrier))
    }

    /// Whether a reconciler may begin a round, or go on with it after it has read the destination's revisions.
    package func mayReconcile(_ direction: Direction, _ rules: MigrationRules = .all) -> Bool {
        mode.direction == direction && (isCaptureComplete || !rules.contains(.reconcileAfterBarrier))
    }

    /// Whether the migration has come to an end: finished, or given up after it had begun to write the target.
    package var isOver: Bool { mode == .target || (mode == .source && isCaptureComplete) }

    /// Whether tombstones on the store that has the records now may be collected.
    package func mayCollect(_ rules: MigrationRules = .all) -> Bool {
        isOver && (isRetired || !rules.contains(.collectAfterRetirement))
    }
}
