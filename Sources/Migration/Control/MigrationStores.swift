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
            guard capabilities.conditionalWrite, capabilities.consistency >= .exclusiveWrites, capabilities.marks,
                capabilities.fencing == .atomic
            else {
                throw .unsupported(
                    "A live migration needs stores that exclude writers, and keep marks and fences in atomic writes.",
                    ["side": "\(side)", "system": store.system]
                )
            }
        }
        guard !(target is any ForeignCapture) else {
            throw .unsupported("Other programs write the target: name one that only this library writes.")
        }
        self.source = source
        self.target = target
        self.control = control
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
