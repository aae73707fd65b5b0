/// What an opened store can do and promises, truthfully for its present configuration.
///
/// Callers choose by it, the conformance suite holds the store to it, and a migration shows the weaker of both sides.
public struct Capabilities: Hashable, Sendable {
    /// How far a batch may reach.
    public var batchScope: BatchScope
    /// How large things may be.
    public var limits: Limits
    /// What reads and conditional writes of a key can rely on.
    public var consistency: Consistency
    /// What an acknowledged write survives.
    public var durability: Durability
    /// In which order scans deliver keys.
    public var order: KeyOrder
    /// Whether puts, tombstones, additions and checks may have preconditions. A store without them is a live source,
    /// and a target only for a frozen copy.
    public var conditionalWrite: Bool
    /// Whether deletes may have preconditions. Without it tombstones can't be collected while there are writers.
    public var conditionalDelete: Bool
    /// Whether ``WriteBatch/Action/add(_:)`` is there.
    public var integerAdd: Bool
    /// Whether a receipt says what a delete removed.
    public var reportsDeletes: Bool
    /// Whether all rows of one `get`, and all rows of one page, are as they were at one moment.
    public var snapshotReads: Bool
    /// Whether ``KeyValueStore/snapshot()`` is there: many pages as of one moment.
    public var snapshots: Bool
    /// Whether scans can go from the upper end down.
    public var reverseScan: Bool
    /// Whether a batch can leave a ``Mark`` in its own atomic write.
    public var marks: Bool
    /// Whether the store keeps a feed of its changes that can be read from a durable position.
    public var changeFeed: Bool
    /// When batches are checked against the fence.
    public var fencing: Fencing
    /// Whether one process holds the store, and everybody else works through it.
    public var singleProcess: Bool
    /// What a count of a range costs.
    public var countCost: MeasurementCost
    /// What the size of a range costs.
    public var sizeCost: MeasurementCost

    /// Capabilities from their parts.
    public init(
        batchScope: BatchScope,
        limits: Limits,
        consistency: Consistency,
        durability: Durability,
        order: KeyOrder,
        conditionalWrite: Bool,
        conditionalDelete: Bool,
        integerAdd: Bool,
        reportsDeletes: Bool,
        snapshotReads: Bool,
        snapshots: Bool = false,
        reverseScan: Bool,
        marks: Bool,
        changeFeed: Bool,
        fencing: Fencing,
        singleProcess: Bool,
        countCost: MeasurementCost,
        sizeCost: MeasurementCost
    ) {
        self.batchScope = batchScope
        self.limits = limits
        self.consistency = consistency
        self.durability = durability
        self.order = order
        self.conditionalWrite = conditionalWrite
        self.conditionalDelete = conditionalDelete
        self.integerAdd = integerAdd
        self.reportsDeletes = reportsDeletes
        self.snapshotReads = snapshotReads
        self.snapshots = snapshots
        self.reverseScan = reverseScan
        self.marks = marks
        self.changeFeed = changeFeed
        self.fencing = fencing
        self.singleProcess = singleProcess
        self.countCost = countCost
        self.sizeCost = sizeCost
    }
}
