#if PostgreSQL
import KeyValue

/// What a server says of itself and of its settings for us.
struct ServerFacts: Hashable, Sendable {
    static let versionMin = 120_000

    var version: Int
    var versionText: String
    var flushes: Bool
    var synchronousCommit: String
    var fullPageWrites: Bool
    var isInRecovery: Bool
    /// Whether it takes no writes, in recovery or not.
    var isReadOnly: Bool
    /// How many connections of clients the server has, as far as it tells.
    var connections: Int
    var connectionsMax: String

    static let query = Query(
        """
        SELECT current_setting('server_version_num')::bigint, current_setting('server_version')::text, \
        current_setting('fsync')::text, current_setting('synchronous_commit')::text, \
        current_setting('full_page_writes')::text, \
        pg_is_in_recovery(), pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', \
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
        current_setting('max_connections')::text
        """
    )

    init(_ result: QueryResult) throws(StoreError) {
        guard let version = result.integer(0, 0), let versionText = result.text(0, 1), let flushes = result.text(0, 2),
            let synchronousCommit = result.text(0, 3), let fullPageWrites = result.text(0, 4),
            let isInRecovery = result.integer(0, 5), let isReadOnly = result.integer(0, 6),
            let connections = result.integer(0, 7), let connectionsMax = result.text(0, 8)
        else { throw StoreError(.unsupported, "The server does not tell its settings: use PostgreSQL 12 or later.") }
        self.version = Int(version)
        self.versionText = versionText
        self.flushes = flushes != "off"
        self.synchronousCommit = synchronousCommit
        self.fullPageWrites = fullPageWrites != "off"
        self.isInRecovery = isInRecovery != 0
        self.isReadOnly = isReadOnly != 0
        self.connections = Int(connections)
        self.connectionsMax = connectionsMax
    }

    /// What an acknowledged write survives: the server holds what it has not yet written to its log, so without
    /// `synchronous_commit` the end of the server's process takes the last writes.
    var durability: Durability {
        if synchronousCommit == "off" { return .none }
        return flushes && fullPageWrites ? .powerLoss : .processLoss
    }

    /// What whoever relies on the store should know.
    var warnings: [String] {
        var warnings: [String] = []
        if isReadOnly { warnings.append("The server takes no writes: it is a replica or read-only.") }
        if !flushes { warnings.append("The server does not flush (fsync is off): a power loss may destroy it.") }
        if !fullPageWrites { warnings.append("full_page_writes is off: a power loss may tear pages.") }
        if synchronousCommit == "off" {
            warnings.append("synchronous_commit is off: when the server ends unexpectedly, the last writes are lost.")
        }
        return warnings
    }

    func requireVersion() throws(StoreError) {
        guard version >= ServerFacts.versionMin else {
            throw .unsupported("The server is too old: use PostgreSQL 12 or later.", ["version": versionText])
        }
    }
}
#endif
