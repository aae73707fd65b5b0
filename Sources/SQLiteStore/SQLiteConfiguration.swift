#if SQLite
/// How a ``SQLiteStore`` is opened. The defaults suit a server on a machine of its own.
public struct SQLiteConfiguration: Hashable, Sendable {
    /// When the file system is made to keep what was committed.
    public enum Synchronous: String, Hashable, Sendable, CaseIterable {
        /// Before a write returns: it survives power loss.
        case full
        /// From time to time: a write survives the end of the process, and a power loss takes the last ones, never
        /// an older one without the newer.
        case normal
    }

    /// When the file system is made to keep what was committed.
    public var synchronous: Synchronous
    /// How many reads may run at once. Each has a connection of its own, opened when it is first needed.
    public var readersMax: Int
    /// How many snapshots may be open at once. Each has a connection of its own, and keeps the log from beginning anew.
    public var snapshotsMax: Int
    /// Bytes of database pages that the writer keeps in memory.
    public var writerCacheBytes: Int
    /// Bytes of database pages that each reader keeps in memory, beside what the system caches.
    public var readerCacheBytes: Int
    /// Whether a store whose records were moved away is opened nevertheless, to look at what it held. It takes no
    /// batches.
    public var acceptsMovedAway: Bool
    /// Whether a database is made when there is no file.
    public var createsDatabase: Bool

    /// The registered virtual file system of SQLite's to open with, nil for its default.
    package var vfs: String?
    /// For how long no write may come before the writer moves the log into the database.
    package var idleBeforeCheckpoint: Duration = .milliseconds(500)
    /// How many pages the log may have before the writer moves it into the database without waiting for a pause.
    package var checkpointPages = 4_000

    /// A configuration from its parts.
    public init(
        synchronous: Synchronous = .full,
        readersMax: Int = 16,
        snapshotsMax: Int = 8,
        writerCacheBytes: Int = 64 << 20,
        readerCacheBytes: Int = 64 << 20,
        acceptsMovedAway: Bool = false,
        createsDatabase: Bool = true
    ) {
        self.synchronous = synchronous
        self.readersMax = readersMax
        self.snapshotsMax = snapshotsMax
        self.writerCacheBytes = writerCacheBytes
        self.readerCacheBytes = readerCacheBytes
        self.acceptsMovedAway = acceptsMovedAway
        self.createsDatabase = createsDatabase
    }
}
#endif
