#if PostgreSQL
public import KeyValue

/// Opens `postgres://user:password@host:port/database`, with several hosts behind commas if need be, and the same with
/// `postgresql:`.
///
/// Our own options are `schema` (`wherehouse` unless given), `connections`, `timeout` in seconds, and `accept`:
/// `relaxed` for servers that flush less than they do by default, `moved` for a store whose records were moved away.
/// All others are libpq's, such as `sslmode`, `service`, `target_session_attrs`.
public struct PostgreSQLDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["postgres", "postgresql"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        let url = try DatabaseURL(location)
        if let layout = location.options["layout"] {
            throw .invalidArgument("There is no such layout of tables.", ["layout": layout])
        }
        return try await PostgreSQLStore.open(
            url.parameters,
            configuration: try PostgreSQLDriver.configuration(location),
            environment: environment
        )
    }

    static func configuration(_ location: StoreLocation) throws(StoreError) -> PostgreSQLConfiguration {
        var configuration = PostgreSQLConfiguration()
        if let schema = location.options["schema"] { configuration.schema = schema }
        if let connections = try number("connections", location) { configuration.connectionsMax = connections }
        if let seconds = try number("timeout", location) { configuration.timeout = .seconds(seconds) }
        configuration.createsSchema = location.createsStore
        configuration.acceptsMovedAway = try location.acceptances().contains(.moved)
        return configuration
    }

    private static func number(_ name: String, _ location: StoreLocation) throws(StoreError) -> Int? {
        guard let text = location.options[name] else { return nil }
        guard let number = Int(text), (1...100_000).contains(number) else {
            throw .invalidArgument("The option is a whole number.", ["option": name])
        }
        return number
    }
}
#endif
