#if Redis
public import KeyValue

/// Opens `redis://user:password@host:port/0`, and `rediss:` for connections by TLS.
///
/// Several servers are separated by commas: some of a cluster, of which one has to answer. The path is the number of the
/// database, which is 0 in a cluster. The options are `prefix`, what the names of the keys begin with, `wh:` unless said
/// otherwise; `timeout`, the seconds that a call may take, 10; and for `rediss:` `ca`, a file of the authorities that are
/// trusted in the place of the system's. `accept` takes `relaxed`, `eviction` and `moved`.
///
/// With `layout=raw` it opens a ``RedisRawStore``, with the options `match` and `unsupported`.
public struct RedisDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["redis", "rediss"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        if let layout = location.options["layout"] {
            guard layout == "raw" else {
                throw .invalidArgument("The option layout is raw, or left out.", ["layout": layout])
            }
            try location.requireOptions(among: ["timeout", "ca"] + RedisRawOptions.names)
            let configuration = try RedisConfiguration(location)
            let options = try RedisRawOptions(location, database: configuration.database)
            let client = try await RedisClient.connect(configuration, environment: environment)
            return try await RedisRawStore.open(client, options: options, environment: environment)
        }
        try location.requireOptions(among: ["prefix", "timeout", "ca"])
        let accepted = try location.acceptances()
        var configuration = RedisStoreConfiguration()
        if let prefix = location.options["prefix"] { configuration.prefix = prefix }
        configuration.acceptsEviction = accepted.contains(.eviction)
        configuration.acceptsMovedAway = accepted.contains(.moved)
        // Before a server is asked.
        _ = try RedisLayout(prefix: configuration.prefix)
        let client = try await RedisClient.connect(RedisConfiguration(location), environment: environment)
        return try await RedisStore.open(client, configuration: configuration, environment: environment)
    }
}
#endif
