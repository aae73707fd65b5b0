/// The kinds of store that a program can open by URL: a value, filled where the program is put together.
public struct StoreRegistry: Sendable {
    private var drivers: [String: any StoreDriver] = [:]

    /// A registry of these drivers; of two for one scheme the later counts.
    public init(_ drivers: [any StoreDriver] = []) {
        for driver in drivers { register(driver) }
    }

    /// Adds a driver under each of its schemes, in the place of an earlier one.
    public mutating func register(_ driver: any StoreDriver) {
        for scheme in driver.schemes { drivers[scheme] = driver }
    }

    /// The schemes that can be opened, in alphabetical order.
    public var schemes: [String] { drivers.keys.sorted() }

    /// Opens the store that a URL names, and makes one that is not there unless `creating` is false.
    ///
    /// `cacheBytesMax` is as ``StoreLocation/cacheBytesMax``.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for a URL that is wrong or names no known kind or no store that is
    /// there, ``StoreError/Code/unsupported`` for a store that is less durable than its kind by default and whose URL
    /// does not accept it, and whatever opening the store throws.
    public func open(
        _ url: String,
        creating: Bool = true,
        cacheBytesMax: Int? = nil,
        environment: StoreEnvironment = .live
    ) async throws(StoreError) -> any KeyValueStore {
        var location = try StoreLocation(url)
        location.createsStore = creating
        location.cacheBytesMax = cacheBytesMax
        let accepted = try location.acceptances()
        guard let driver = drivers[location.scheme] else {
            throw .invalidArgument(
                "No store of this kind can be opened here.",
                ["scheme": location.scheme, "known": schemes.joined(separator: ", ")]
            )
        }
        let store = try await driver.open(location, environment: environment)
        let durability = store.capabilities.durability
        if durability < driver.defaultDurability, !accepted.contains(.relaxed) {
            await store.close()
            throw .unsupported(
                "The store would lose acknowledged writes that it keeps by default: accept it with ?accept=relaxed.",
                ["survives": durability.rawValue, "default": driver.defaultDurability.rawValue]
            )
        }
        return store
    }
}
