public import KeyValue

/// What of a Redis a raw view shows.
public struct RedisRawOptions: Hashable, Sendable {
    /// The number of the logical database.
    public var database: Int
    /// A pattern of keys, as the command SCAN takes it: only they are in scans and counts. Nil for all.
    public var match: String?
    /// Whether keys of types that modules bring are left out and counted, rather than refused.
    public var skipsUnsupported: Bool

    /// All of a database, and an error for what can't be shown.
    public init(database: Int = 0, match: String? = nil, skipsUnsupported: Bool = false) {
        self.database = database
        self.match = match
        self.skipsUnsupported = skipsUnsupported
    }

    /// The options of a URL, beside those of the connection.
    public static let names = ["layout", "match", "unsupported"]

    /// The options `match` and `unsupported`, which is `refuse` or `skip`, of a URL.
    public init(_ location: StoreLocation, database: Int) throws(StoreError) {
        let unsupported = location.options["unsupported"] ?? "refuse"
        guard ["refuse", "skip"].contains(unsupported) else {
            throw .invalidArgument("The option unsupported is refuse or skip.", ["unsupported": unsupported])
        }
        self.init(
            database: database,
            match: location.options["match"],
            skipsUnsupported: unsupported == "skip"
        )
    }
}
