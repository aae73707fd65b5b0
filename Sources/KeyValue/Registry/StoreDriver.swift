/// What opens stores of one kind from their URLs.
public protocol StoreDriver: Sendable {
    /// The schemes of the URLs, in lower case.
    var schemes: [String] { get }

    /// What this kind of store gives unless it is told otherwise. A store that turns out to give less is refused,
    /// unless the URL accepts it.
    var defaultDurability: Durability { get }

    /// Opens the store at `location`, and sees to it that ``StoreLocation/requireOptions(among:)`` holds, and that no
    /// store is made against ``StoreLocation/createsStore``.
    func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore
}

extension StoreDriver {
    /// Power loss.
    public var defaultDurability: Durability { .powerLoss }
}

/// Opens `memory:`, a new and empty store each time.
public struct MemoryDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["memory"] }

    public var defaultDurability: Durability { .none }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: [])
        guard location.path.isEmpty, location.authority == nil else {
            throw .invalidArgument("A store in memory has no path: write memory: alone.")
        }
        return MemoryStore(environment: environment)
    }
}
