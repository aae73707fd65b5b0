#if Redis
public import KeyValue

/// Opens `redis://user:password@host:port/0`, and `rediss:` for connections by TLS.
///
/// Several servers are separated by commas: some of a cluster, of which one has to answer. The path is the number of the
/// database, which is 0 in a cluster. The options are `prefix`, what the names of the keys begin with, `wh:` unless said
/// otherwise; `timeout`, the seconds that a call may take, 10; `connections`, how many are made to each server, 1;
/// `wait`, how many replicas have to have a write before it is acknowledged, 0, where too few in time make its outcome
/// unknown; and for `rediss:` `ca`, a file of the authorities that are trusted in the place of the system's.
///
/// `accept` takes `relaxed` for servers that do not flush every write to disk before they acknowledge it, `eviction` for
/// such as remove records when their memory is full, and `moved`.
///
/// With `layout=raw` it opens a ``RedisRawStore``, with the options `match` and `unsupported`. With
/// `capture=stream` or `capture=events` too, it opens a ``RedisForeignStore``, the source of a migration while other
/// programs go on writing there.
public struct RedisDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["redis", "rediss"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        if try location.isRaw() {
            try location.requireOptions(among: ["timeout", "ca", "capture"] + RedisRawOptions.names)
            let configuration = try RedisConfiguration(location)
            let options = try RedisRawOptions(location, database: configuration.database)
            let way = try location.capture(among: ChangeWay.allCases.map(\.rawValue)).flatMap(ChangeWay.init)
            let client = try await RedisClient.connect(configuration, environment: environment)
            if let way {
                return try await RedisForeignStore.open(
                    client,
                    configuration,
                    options,
                    by: way,
                    environment: environment
                )
            }
            return try await RedisRawStore.open(client, options: options, environment: environment)
        }
        try location.requireOptions(among: ["prefix", "timeout", "ca", "connections", "wait"])
        let accepted = try location.acceptances()
        var configuration = RedisStoreConfiguration()
        if let prefix = location.options["prefix"] { configuration.prefix = prefix }
        configuration.acceptsEviction = accepted.contains(.eviction)
        configuration.acceptsMovedAway = accepted.contains(.moved)
        // Before a server is asked.
        _ = try RedisLayout(prefix: configuration.prefix)
        let servers = try RedisConfiguration(location)
        configuration.replicas = servers.replicas
        let client = try await RedisClient.connect(servers, environment: environment)
        return try await RedisStore.open(client, configuration: configuration, environment: environment)
    }
}
#endif
