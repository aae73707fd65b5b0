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
    var isReadOnly: Bool

    static let query = Query(
        """
        SELECT current_setting('server_version_num')::bigint, current_setting('server_version')::text, \
        current_setting('fsync')::text, current_setting('synchronous_commit')::text, \
        current_setting('full_page_writes')::text, \
        pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'
        """
    )

    init(_ result: QueryResult) throws(StoreError) {
        guard let version = result.integer(0, 0), let versionText = result.text(0, 1), let flushes = result.text(0, 2),
            let synchronousCommit = result.text(0, 3), let fullPageWrites = result.text(0, 4),
            let isReadOnly = result.integer(0, 5)
        else { throw StoreError(.unsupported, "The server does not tell its settings: use PostgreSQL 12 or later.") }
        self.version = Int(version)
        self.versionText = versionText
        self.flushes = flushes != "off"
        self.synchronousCommit = synchronousCommit
        self.fullPageWrites = fullPageWrites != "off"
        self.isReadOnly = isReadOnly != 0
    }

    /// What an acknowledged write survives: the server holds what it has not yet written to its log, so without
    /// `synchronous_commit` the end of the server's process takes the last writes.
    var durability: Durability {
        if synchronousCommit == "off" { return .none }
        return flushes && fullPageWrites ? .powerLoss : .processLoss
    }

    func requireVersion() throws(StoreError) {
        guard version >= ServerFacts.versionMin else {
            throw .unsupported("The server is too old: use PostgreSQL 12 or later.", ["version": versionText])
        }
    }
}
#endif
