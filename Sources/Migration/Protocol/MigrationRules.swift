/// The rules of the protocol, each of which the model checker takes away to show that something breaks without it.
/// Nothing but tests passes anything else than ``all``.
package struct MigrationRules: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A delete on the target leaves a tombstone.
    package static let tombstonesOnTarget = MigrationRules(rawValue: 1 << 0)
    /// After the first switch, a delete on the source leaves a tombstone too.
    package static let tombstonesOnSource = MigrationRules(rawValue: 1 << 1)
    /// The reconciler writes even what is equal or absent on both sides.
    package static let alwaysWrite = MigrationRules(rawValue: 1 << 2)
    /// The reconciler reads the destination's revision before the origin's value.
    package static let revisionBeforeValue = MigrationRules(rawValue: 1 << 3)
    /// The reconciler checks the mode after it has read the destination's revision.
    package static let modeAfterRevision = MigrationRules(rawValue: 1 << 4)
    /// The copier writes only where there is no row.
    package static let copyIntoVacancy = MigrationRules(rawValue: 1 << 5)
    /// The reconciler writes only over the row that it has read.
    package static let compareAndSet = MigrationRules(rawValue: 1 << 6)
    /// Marks are cleared by name, not all marks of a key.
    package static let clearByName = MigrationRules(rawValue: 1 << 7)
    /// Only marks of writes that are over are cleared, where the mark is made before the write.
    package static let clearDoneOnly = MigrationRules(rawValue: 1 << 8)
    /// Every client has acknowledged a mode before the next step.
    package static let barrier = MigrationRules(rawValue: 1 << 9)
    /// Nothing is copied before every client marks its writes.
    package static let copyAfterBarrier = MigrationRules(rawValue: 1 << 10)
    /// Nothing is reconciled before every client marks its writes.
    package static let reconcileAfterBarrier = MigrationRules(rawValue: 1 << 11)
    /// Between reading the source and writing the target lies a mode that reads the target and writes nothing.
    package static let twoHeldModes = MigrationRules(rawValue: 1 << 12)
    /// Writes to the target are marked from the first.
    package static let reverseCapture = MigrationRules(rawValue: 1 << 13)
    /// Tombstones are collected only when no worker can write any more.
    package static let collectAfterRetirement = MigrationRules(rawValue: 1 << 14)
    /// Whoever ends the mark of a client that is gone rewrites the row first, so that a late write of that client fails.
    package static let rewriteBeforeReaping = MigrationRules(rawValue: 1 << 15)

    package static let all = MigrationRules(rawValue: (1 << 16) - 1)
}
