public import KeyValue

/// The one record that everybody who takes part in a migration goes by. It is changed by compare-and-set alone.
///
/// It lies in a control store, which any linearizable store can be, beside rows for clients, ranges and the audit log;
/// see ``ControlStore``.
public struct ControlRecord: Hashable, Sendable {
    static let nameBytesMax = 256

    /// One more with every step. Fences carry it, and batches.
    public internal(set) var epoch: UInt64
    var state: MigrationState
    /// Whether the barrier of the present mode is complete; see ``Barrier``.
    var hasPassedBarrier: Bool
    /// The fencing token of the controller that changed the record last. One with a smaller token is refused.
    var controller: UInt64
    /// The store that the records are to leave.
    public let source: StoreName
    /// The store that they are to live in.
    public let target: StoreName
    /// What was agreed on before the first step.
    public var plan: MigrationPlan
    /// How hard workers may work, at any time.
    public var throttle: Throttle
    /// How many records the source had when the migration was planned, by count or estimate: what ``MigrationOverview/rows``
    /// comes to in the end, if not much is written meanwhile.
    public internal(set) var expectedRecords: UInt64
    /// How many rows of both stores were not proven, when workers took that down last: when a proof began or ended, and
    /// when something was repaired. See ``ProofReport/debt``.
    public internal(set) var debt: UInt64
    /// The last line of the audit log, whose earlier lines have rows of their own.
    public internal(set) var lastAudit: AuditEntry

    /// What clients are to go by.
    public var mode: MigrationMode { state.mode }

    /// The record of a new migration.
    init(source: StoreName, target: StoreName, plan: MigrationPlan, controller: UInt64, audit: AuditEntry) {
        self.epoch = 1
        self.state = MigrationState()
        self.hasPassedBarrier = false
        self.controller = controller
        self.source = source
        self.target = target
        self.plan = plan
        self.throttle = Throttle()
        self.expectedRecords = 0
        self.debt = 0
        self.lastAudit = audit
    }
}

/// What is agreed on before a migration begins.
public struct MigrationPlan: Hashable, Sendable {
    /// For how long writes may be held at the switch. After that the step is taken back.
    public var holdMax: Duration
    /// How many marks there may be left when writes are to be held.
    public var marksMax: UInt64
    /// The narrowest scope of batches that every service can do with. While the migration runs, and after it, batches
    /// are of the narrower scope of both stores.
    public var leastScope: BatchScope

    /// Holds writes for at most a second, over at most 1,000 marks, and needs batches of one key alone, unless told
    /// otherwise.
    public init(holdMax: Duration = .seconds(1), marksMax: UInt64 = 1_000, leastScope: BatchScope = .key) {
        self.holdMax = holdMax
        self.marksMax = marksMax
        self.leastScope = leastScope
    }
}
