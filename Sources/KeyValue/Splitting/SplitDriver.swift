/// Opens `split:?rest=URL&NAME=URL`: a ``SplitStore`` of the stores that the URLs name.
///
/// The URLs inside are written as they are, but for `&` and `%`, which are `%26` and `%25` there. Which parts there may
/// be is said where the driver is made. A store that holds a partition of another part is refused, so that nothing is
/// lost sight of: that costs a look at the bounds of each part where ``Capabilities/order`` is ``KeyOrder/store``, and
/// else a listing of the partitions.
public struct SplitDriver: StoreDriver {
    private let stores: StoreRegistry
    private let names: [String]
    private let prefix: @Sendable (_ part: String) throws(StoreError) -> [UInt8]

    /// A driver for stores that are split.
    ///
    /// - Parameters:
    ///   - stores: what opens the parts.
    ///   - names: the parts that may be named besides the rest.
    ///   - prefix: what the partitions of a part begin with.
    public init(
        _ stores: StoreRegistry,
        parts names: [String],
        prefix: @escaping @Sendable (_ part: String) throws(StoreError) -> [UInt8]
    ) {
        self.stores = stores
        self.names = names
        self.prefix = prefix
    }

    public var schemes: [String] { ["split"] }

    /// Each of the parts is held to what its own kind gives by default.
    public var defaultDurability: Durability { .none }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: [SplitStore.restName] + names)
        guard location.authority == nil, location.path.isEmpty, let rest = location.options[SplitStore.restName],
            location.options.count - (location.options["accept"] == nil ? 0 : 1) > 1
        else {
            throw .invalidArgument(
                "A split store is named by split:?rest=URL and the URL of at least one other part.",
                ["parts": names.joined(separator: ", ")]
            )
        }
        try SplitDriver.requireDifferentStores(location)
        var opened: [any KeyValueStore] = []
        do throws(StoreError) {
            let restStore = try await open(rest, as: location, environment)
            opened.append(restStore)
            var parts: [SplitStore.Part] = []
            for name in names {
                guard let url = location.options[name] else { continue }
                let store = try await open(url, as: location, environment)
                opened.append(store)
                parts.append(SplitStore.Part(name: name, prefix: try prefix(name), store: store))
            }
            let store = try SplitStore(rest: restStore, parts)
            try await store.requireOwnPartitions()
            return store
        } catch {
            for store in opened { await store.close() }
            throw error
        }
    }

    private func open(
        _ url: String,
        as location: StoreLocation,
        _ environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try await stores.open(
            url,
            creating: location.createsStore,
            cacheBytesMax: location.cacheBytesMax,
            environment: environment
        )
    }

    private static func requireDifferentStores(_ location: StoreLocation) throws(StoreError) {
        var named: [StoreLocation: String] = [:]
        for (part, url) in location.options.sorted(by: { $0.key < $1.key }) where part != "accept" {
            if let other = named.updateValue(part, forKey: try StoreLocation(url)) {
                throw .invalidArgument(
                    "Two parts are one store here: name another for one of them.",
                    ["one": other, "other": part]
                )
            }
        }
    }
}
