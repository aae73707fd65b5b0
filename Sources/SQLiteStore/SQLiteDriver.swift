#if SQLite
public import KeyValue

/// Opens `sqlite:metadata.db`, relative to the working directory, and `sqlite:/absolute/path.db`.
///
/// The option `synchronous` is `full`, or `normal` together with `accept=relaxed`. `accept=moved` opens a store whose
/// records were moved away, for reading.
public struct SQLiteDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["sqlite"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: ["synchronous"])
        guard location.authority?.isEmpty ?? true, !location.path.isEmpty else {
            throw .invalidArgument("An SQLite store is named by the path of its file: sqlite:metadata.db.")
        }
        var configuration = SQLiteConfiguration()
        if let name = location.options["synchronous"] {
            guard let synchronous = SQLiteConfiguration.Synchronous(rawValue: name) else {
                throw .invalidArgument(
                    "The option synchronous is full or normal.",
                    ["synchronous": name]
                )
            }
            configuration.synchronous = synchronous
        }
        configuration.createsDatabase = location.createsStore
        if let bytes = location.cacheBytesMax {
            configuration.readerCacheBytes = min(bytes, configuration.readerCacheBytes)
            configuration.writerCacheBytes = min(bytes, configuration.writerCacheBytes)
        }
        configuration.acceptsMovedAway = try location.acceptances().contains(.moved)
        return try await SQLiteStore.open(
            path: location.path,
            configuration: configuration,
            environment: environment
        )
    }
}
#endif
