public import KeyValue

/// The two stores of a migration and the store that it is controlled from, as one process has opened them.
public struct MigrationStores: Sendable {
    /// The store that the records are to leave.
    public let source: any KeyValueStore
    /// The store that they are to live in.
    public let target: any KeyValueStore
    /// What everybody goes by.
    public let control: ControlStore

    /// Stores that fit together: throws `StoreError.Code.unsupported` for one that can't take part in a live
    /// migration.
    ///
    /// A store takes part whose batches leave marks and check its fence in their own atomic writes. So does one that
    /// keeps a feed of its changes instead, if it is linearizable; its fence may be a lease, for which writes are held
    /// when they are switched away from it.
    ///
    /// A store whose reads and writes are linearizable only until its servers fail over, like a Redis Cluster, is let in:
    /// nothing is promised across a failover, and a plan says so (``PlanReport/Finding/failoverLoses``).
    public init(
        source: any KeyValueStore,
        target: any KeyValueStore,
        control: ControlStore
    ) throws(StoreError) {
        var source = source
        if let view = source as? any ReadOnlyStore, !(source is any ForeignCapture) {
            source = try ScannedSource(view, control)
        }
        for (side, store) in [(Side.source, source), (.target, target)] {
            let capabilities = store.capabilities
            guard capabilities.conditionalWrite, capabilities.isMarked || capabilities.isFollowed else {
                throw .unsupported(
                    "A live migration needs stores that exclude writers, with marks and fences or a feed of changes.",
                    ["side": "\(side)", "system": store.system]
                )
            }
        }
        guard !(target is any ForeignCapture) else {
            throw .unsupported("Other programs write the target: name one that only this library writes.")
        }
        self.source = MigrationStores.marking(source, .source, other: target, control)
        self.target = MigrationStores.marking(target, .target, other: source, control)
        self.control = control
    }

    /// The store, with marks.
    private static func marking(
        _ store: any KeyValueStore,
        _ side: Side,
        other: any KeyValueStore,
        _ control: ControlStore
    ) -> any KeyValueStore {
        store.capabilities.isMarked ? store : FeedMarks(store, side, other: other, control)
    }

    /// What to call the two where nobody says: their kinds, and which of both each is where these are the same.
    public var kinds: (source: String, target: String) {
        let areAlike = source.system == target.system
        return (source.system + (areAlike ? "-source" : ""), target.system + (areAlike ? "-target" : ""))
    }

    subscript(side: Side) -> any KeyValueStore { side == .source ? source : target }
}

extension MigrationStores {
    /// Throws unless the stores are those that a control record names.
    func requireIdentities(of record: ControlRecord) async throws(StoreError) {
        for (side, expected) in [(Side.source, record.source), (.target, record.target)] {
            let found = try await StoreName.recognise(
                self[side],
                name: expected.name,
                environment: control.environment
            )
            guard found.isSameStore(as: expected) else {
                throw .invalidArgument(
                    "This is not the store that the migration was planned with: check the URL.",
                    ["side": "\(side)", "store": expected.name]
                )
            }
        }
    }
}

extension MigrationStores {
    /// How many marks there are in a bin of a side; of more than `countMax` no more are counted than a page.
    func countMarks(in bin: Bin, of side: Side, upTo countMax: UInt64) async throws(StoreError) -> UInt64 {
        var count: UInt64 = 0
        var cursor: Cursor?
        repeat {
            if let feed = self[side] as? FeedMarks {
                let page = try await feed.countMarks(in: bin, limit: 1_000, after: cursor)
                count += UInt64(page.count)
                cursor = page.cursor
            } else {
                let page = try await self[side].marks(in: bin, limit: 1_000, after: cursor)
                count += UInt64(page.marks.count)
                cursor = page.cursor
            }
        } while cursor != nil && count <= countMax
        return count
    }
}

extension Capabilities {
    /// Whether every change is marked by whoever makes it.
    fileprivate var isMarked: Bool { marks && fencing == .atomic && consistency >= .exclusiveWrites }

    /// Whether changes can be followed by the store's own feed.
    fileprivate var isFollowed: Bool { changeFeed && consistency == .linearizable }

    /// For how long after a fence was set a batch may still be applied that it does not admit.
    var fencingDelay: Duration {
        switch fencing {
        case .atomic: .zero
        case .leased(let duration): duration
        }
    }
}
