#if PostgreSQL
public import KeyValue

/// Which tables of a PostgreSQL a raw view shows.
public struct PostgreSQLRawOptions: Hashable, Sendable {
    /// One table, as SQL names it: `files`, `public.files`, `"Odd schema"."Odd name"`. Nil for all with a primary key.
    public var table: String?
    /// The schema whose tables are shown; nil for those of the search path.
    public var schema: String?

    /// All tables of the search path, or fewer.
    public init(table: String? = nil, schema: String? = nil) {
        self.table = table
        self.schema = schema
    }
}

/// The tables of a PostgreSQL as another system filled them, read-only: each row a record, whose value is a
/// ``PostgreSQLRawRow``.
///
/// The partition is the table's name with its schema, quoted as SQL has it: `public.files`. The key is the tuple, as
/// `Tuples` encodes it, of the columns of the primary key in the key's order: integers, truth values, byte strings and
/// UUIDs as such, and the server's text of every other type. Rows come in the order of the primary key's own index.
/// Where that is the order of the keys' bytes in every table of the view, ranges of keys can be read, as
/// `KeyOrder.store` says: where primary keys are made of integers, truth values, byte strings and UUIDs, and of `text`
/// or `varchar` that the server sorts by its bytes (`COLLATE "C"`, in a database in UTF-8). No order is promised else:
/// text is sorted as its language has it.
///
/// The whole view is the database at the moment when it was opened: one transaction (REPEATABLE READ, READ ONLY), held
/// on a connection of its own until it is closed. While it is open, the server can't clean up rows that were changed
/// since, so a view is opened for a work of hours at most. ``snapshot()`` takes another moment.
///
/// Tables without a primary key are not shown: ``status()`` names them. Views, foreign tables and the parts of a
/// partitioned table are not either; a partitioned table is one table. A user to whom policies show only some of a
/// table's rows is refused.
public final class PostgreSQLRawStore: ReadOnlyStore {
    private let connection: PostgreSQLConnection
    private let options: PostgreSQLRawOptions
    private let environment: StoreEnvironment
    private let view: RawView

    public let system = "postgresql"

    public let capabilities: Capabilities

    static let limits = Limits.readOnly(
        partitionBytesMax: 512,
        keyBytesMax: 16 << 10,
        valueBytesMax: 1 << 30,
        getKeysMax: 256,
        pageKeysMax: 4_096
    )

    /// Without the order, which the tables tell.
    private static let unorderedCapabilities = Capabilities.readOnly(
        limits: limits,
        consistency: .eventual,
        snapshotReads: true,
        snapshots: true
    )

    private init(
        _ connection: PostgreSQLConnection,
        _ options: PostgreSQLRawOptions,
        _ environment: StoreEnvironment,
        _ view: RawView
    ) {
        self.connection = connection
        self.options = options
        self.environment = environment
        self.view = view
        capabilities = view.capabilities
    }

    /// Opens a view over a connection, which it takes over: closing the view closes it.
    static func open(
        _ connection: PostgreSQLConnection,
        _ options: PostgreSQLRawOptions,
        environment: StoreEnvironment
    ) async throws(StoreError) -> PostgreSQLRawStore {
        do throws(StoreError) {
            let view = try await RawView.take(connection, options, unorderedCapabilities, environment)
            return PostgreSQLRawStore(connection, options, environment, view)
        } catch {
            await connection.close()
            throw error
        }
    }

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        return try await view.get(keys)
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await view.scan(range, options, after: cursor)
    }

    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        let view = try await RawView.take(connection, options, capabilities, environment)
        guard view.capabilities.order >= capabilities.order else {
            await view.close()
            throw StoreError(.unavailable, "A table has come that is not read in order: open the view again.")
        }
        return view
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await view.partitions(in: space, limit: limit, after: cursor)
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        Measurement(try await view.count(range), .exact)
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try connection.requireOpen()
        return StoreStatus(
            durability: capabilities.durability,
            format: Int(PostgreSQLRawRow.format),
            facts: [
                StoreStatus.Fact("layout", "raw, read-only"),
                StoreStatus.Fact("tables", view.tables.map(\.name).joined(separator: ", ")),
            ],
            warnings: view.warnings
        )
    }

    public func close() async {
        await view.close()
        await connection.close()
    }
}
#endif
