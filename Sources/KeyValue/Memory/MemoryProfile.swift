/// Which kind of store a memory store imitates.
public struct MemoryProfile: Hashable, Sendable {
    /// The name in reports.
    public var name: String
    /// What the store claims, and keeps to.
    public var capabilities: Capabilities
    /// Over how many bins partitions are spread. One where a batch reaches the whole store.
    public var bins: Int
    /// After how many further operations a write shows in reads; 0 for at once.
    public var staleness: Int
    /// How many changed keys its feed tells of, if it keeps one; what is older is lost.
    public var feedKeysMax = Int.max

    /// A profile from its parts.
    public init(name: String, capabilities: Capabilities, bins: Int = 1, staleness: Int = 0) {
        self.name = name
        self.capabilities = capabilities
        self.bins = bins
        self.staleness = staleness
    }

    /// Everything that the contract knows, as a transactional database gives it.
    public static let reference = MemoryProfile(
        name: "memory",
        capabilities: Capabilities(
            batchScope: .store,
            limits: Limits(
                partitionBytesMax: 1_024,
                keyBytesMax: 4_096,
                valueBytesMax: 16 << 20,
                batchOperationsMax: 16_384,
                batchBytesMax: 64 << 20,
                getKeysMax: 4_096,
                pageKeysMax: 16_384
            ),
            consistency: .linearizable,
            durability: .none,
            order: .store,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: true,
            reportsDeletes: true,
            snapshotReads: true,
            snapshots: true,
            reverseScan: true,
            marks: true,
            changeFeed: true,
            fencing: .atomic,
            singleProcess: true,
            countCost: .rows,
            sizeCost: .rows
        )
    )

    /// As a sharded store whose batches stay in a partition: several bins, partitions in no order.
    public static let partitionScope = reference.changed("memory-partition-scope", bins: 4) {
        $0.batchScope = .partition
        $0.order = .partition
        $0.snapshotReads = false
        $0.snapshots = false
    }

    /// As a document store: one key a batch, no additions, no marks.
    public static let oneKeyScope = reference.changed("memory-one-key-scope", bins: 4) {
        $0.batchScope = .key
        $0.integerAdd = false
        $0.marks = false
        $0.changeFeed = false
        $0.snapshotReads = false
        $0.snapshots = false
    }

    /// As a document store that numbers its changes: one key a batch, no marks, but a feed.
    public static let changeFeed = reference.changed("memory-change-feed") {
        $0.batchScope = .key
        $0.integerAdd = false
        $0.marks = false
        $0.snapshotReads = false
        $0.snapshots = false
    }

    /// As a bucket that can compare when it writes but not when it deletes.
    public static let noConditionalDelete = reference.changed("memory-no-conditional-delete", bins: 4) {
        $0.batchScope = .key
        $0.conditionalDelete = false
        $0.reportsDeletes = false
        $0.integerAdd = false
        $0.reverseScan = false
        $0.marks = false
        $0.changeFeed = false
        $0.snapshotReads = false
        $0.snapshots = false
        $0.fencing = .leased(.milliseconds(20))
    }

    /// As a hash table: scans in no order.
    public static let unordered = reference.changed("memory-unordered", bins: 4) {
        $0.batchScope = .partition
        $0.order = .none
        $0.reverseScan = false
        $0.snapshotReads = false
        $0.snapshots = false
    }

    /// As a globally cached store: reads lag, nothing is conditional.
    public static let eventual = reference.changed("memory-eventual", staleness: 3) {
        $0.batchScope = .key
        $0.consistency = .eventual
        $0.conditionalWrite = false
        $0.conditionalDelete = false
        $0.reportsDeletes = false
        $0.integerAdd = false
        $0.reverseScan = false
        $0.marks = false
        $0.changeFeed = false
        $0.snapshotReads = false
        $0.snapshots = false
        $0.fencing = .leased(.milliseconds(20))
    }

    /// The portable limits, and nothing beyond.
    public static let smallLimits = reference.changed("memory-small-limits") {
        $0.limits = .portable
    }

    /// All of them, the reference first.
    public static let all = [
        reference, partitionScope, oneKeyScope, changeFeed, noConditionalDelete, unordered, eventual, smallLimits,
    ]

    private func changed(
        _ name: String,
        bins: Int = 1,
        staleness: Int = 0,
        _ change: (inout Capabilities) -> Void
    ) -> MemoryProfile {
        var profile = MemoryProfile(name: name, capabilities: capabilities, bins: bins, staleness: staleness)
        change(&profile.capabilities)
        return profile
    }
}
