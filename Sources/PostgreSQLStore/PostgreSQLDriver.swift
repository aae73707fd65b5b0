#if PostgreSQL
public import KeyValue

/// Opens `postgres://user:password@host:port/database`, with several hosts behind commas if need be, and the same with
/// `postgresql:`.
///
/// Our own options are `schema` (`wherehouse` unless given), `connections`, `timeout` in seconds, and `accept`:
/// `relaxed` for servers that flush less than they do by default, `moved` for a store whose records were moved away.
/// All others are libpq's, such as `sslmode`, `service`, `target_session_attrs`.
///
/// With `layout=raw` it opens a ``PostgreSQLRawStore``: `table` names one table, `schema` the schema of all that are
/// shown. With `capture=triggers` too, it opens a ``PostgreSQLForeignStore``, the source of a migration while other
/// programs go on writing there.
public struct PostgreSQLDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["postgres", "postgresql"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        let url = try DatabaseURL(location)
        var configuration = try PostgreSQLDriver.configuration(location)
        guard try location.isRaw() else {
            guard location.options["table"] == nil, location.options["capture"] == nil else {
                throw .invalidArgument("The options table and capture are for a raw view: say layout=raw too.")
            }
            return try await PostgreSQLStore.open(
                url.parameters,
                configuration: configuration,
                environment: environment
            )
        }
        let options = PostgreSQLRawOptions(table: location.options["table"], schema: location.options["schema"])
        // The schema is that of somebody else's tables, which may be named as ours may not.
        configuration.schema = PostgreSQLConfiguration().schema
        guard try location.capture(among: ["triggers"]) == nil else {
            return try await PostgreSQLForeignStore.open(
                PostgreSQLStore.connect(url.parameters, configuration: configuration, environment: environment),
                options,
                environment: environment
            )
        }
        return try await PostgreSQLRawStore.open(
            PostgreSQLStore.connect(url.parameters, configuration: configuration, environment: environment),
            options,
            environment: environment
        )
    }

    static func configuration(_ location: StoreLocation) throws(StoreError) -> PostgreSQLConfiguration {
        var configuration = PostgreSQLConfiguration()
        if let schema = location.options["schema"] { configuration.schema = schema }
        if let connections = try location.number("connections", in: 1...100_000) {
            configuration.connectionsMax = connections
        }
        if let seconds = try location.number("timeout", in: 1...100_000) { configuration.timeout = .seconds(seconds) }
        configuration.createsSchema = location.createsStore
        configuration.acceptsMovedAway = try location.acceptances().contains(.moved)
        return configuration
    }
}
#endif
