public import KeyValue

/// How a client takes part in a migration.
public struct MigratingOptions: Sendable {
    /// For how long the client may go by a mode without hearing of the control store. A step of the migration waits as
    /// long for a client that is gone; a client that can't reach the control store for as long does nothing any more.
    public var lease: Duration
    /// How often the control record is read while a migration runs.
    public var followInterval: Duration
    /// For how long a write waits while writes are held, before it fails with `StoreError.Code.unavailable`.
    public var holdMax: Duration
    /// The narrowest scope of batches that the service can do with. A migration between stores of a narrower one is
    /// refused while the service runs.
    public var leastScope: BatchScope
    /// Of how many gets the rows are compared with those of the other store, from 0 for none to 1 for all of them. Such
    /// a get takes as long as both stores do. Keys that differ are proven anew by a worker.
    public var shadowShare: Double
    /// Whether the client follows the control record by itself. A simulator does it on its behalf.
    package var followsByItself = true

    /// A lease of two seconds, a look at the record every 50 milliseconds, writes that wait for ten seconds, and batches
    /// of one key alone; nothing is compared, unless told otherwise.
    public init(
        lease: Duration = .seconds(2),
        followInterval: Duration = .milliseconds(50),
        holdMax: Duration = .seconds(10),
        leastScope: BatchScope = .key,
        shadowShare: Double = 0
    ) {
        self.lease = lease
        self.followInterval = followInterval
        self.holdMax = holdMax
        self.leastScope = leastScope
        self.shadowShare = shadowShare
    }
}
