#if PostgreSQL
import KeyValue

/// How a ``PostgreSQLStore`` is opened. The defaults suit a server in the same network.
public struct PostgreSQLConfiguration: Hashable, Sendable {
    /// The schema of the database that holds the store's tables and functions, and nothing else.
    public var schema: String
    /// How many connections are shared at most, two or more: a third of them for reads. A snapshot has one more of its
    /// own. Each is made when it is first needed.
    public var connectionsMax: Int
    /// How long a call may take, connecting included. A lock is waited for half as long.
    public var timeout: Duration
    /// Whether a store whose records were moved away is opened nevertheless, to look at what it held.
    public var acceptsMovedAway: Bool
    /// Whether the schema and its tables are made when they are not there.
    public var createsSchema: Bool

    /// A configuration from its parts.
    public init(
        schema: String = "wherehouse",
        connectionsMax: Int = 6,
        timeout: Duration = .seconds(30),
        acceptsMovedAway: Bool = false,
        createsSchema: Bool = true
    ) {
        self.schema = schema
        self.connectionsMax = connectionsMax
        self.timeout = timeout
        self.acceptsMovedAway = acceptsMovedAway
        self.createsSchema = createsSchema
    }

    static let schemaBytesMax = 63

    func validate() throws(StoreError) {
        guard (1...PostgreSQLConfiguration.schemaBytesMax).contains(schema.utf8.count), !schema.utf8.contains(0) else {
            throw .invalidArgument("The name of a schema has 1 to 63 bytes.", ["schema": schema])
        }
        guard (2...64).contains(connectionsMax) else {
            throw .invalidArgument("A store has 2 to 64 connections.", ["connections": "\(connectionsMax)"])
        }
        guard timeout >= .milliseconds(100), timeout <= .seconds(3_600) else {
            throw .invalidArgument("The timeout is a tenth of a second to an hour.", ["timeout": "\(timeout)"])
        }
    }
}
#endif
