#if PostgreSQL
public import KeyValue

/// A store in one schema of a PostgreSQL database.
///
/// Any number of processes may use it at once. Reads of many callers go together over a few connections; each batch is
/// a transaction of its own. Nothing is held open between two calls, except by a snapshot.
public final class PostgreSQLStore: KeyValueStore {
    public let capabilities: Capabilities
    let connection: PostgreSQLConnection
    let environment: StoreEnvironment
    let configuration: PostgreSQLConfiguration
    let reader: RowReader
    let copyTrust = CopyTrust()

    init(
        connection: PostgreSQLConnection,
        configuration: PostgreSQLConfiguration,
        environment: StoreEnvironment,
        durability: Durability
    ) {
        self.connection = connection
        self.configuration = configuration
        self.environment = environment
        capabilities = PostgreSQLStore.capabilities(durability)
        reader = RowReader(
            connection: connection,
            lease: nil,
            statements: Statements(schema: Schema(configuration.schema).name),
            identity: environment.makeIdentity(),
            capabilities: capabilities,
            rowSizes: RowSizes()
        )
    }

    public var system: String { "postgresql" }

    private static func capabilities(_ durability: Durability) -> Capabilities {
        Capabilities(
            batchScope: .store,
            // An entry of an index has to fit a third of a page, 2,704 bytes, with its space and lengths.
            limits: Limits(
                partitionBytesMax: 1_024,
                keyBytesMax: 1_600,
                valueBytesMax: 16 << 20,
                batchOperationsMax: 16_384,
                batchBytesMax: 64 << 20,
                getKeysMax: 1_024,
                pageKeysMax: 4_096
            ),
            consistency: .linearizable,
            durability: durability,
            order: .store,
            conditionalWrite: true,
            conditionalDelete: true,
            integerAdd: true,
            reportsDeletes: true,
            snapshotReads: true,
            snapshots: true,
            reverseScan: true,
            marks: true,
            changeFeed: false,
            fencing: .atomic,
            singleProcess: false,
            countCost: .rows,
            sizeCost: .rows
        )
    }

    /// One schema, one bin.
    static let bin = Bin("main")

    func check(_ bin: Bin) throws(StoreError) {
        guard bin == PostgreSQLStore.bin else { throw .noSuchBin(bin) }
    }

    public func close() async { await connection.close() }
}
#endif
