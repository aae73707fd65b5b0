public import KeyValue
import Synchronization

/// What a case works with: an open store with nothing in it, and ways to more.
public struct ConformanceContext: Sendable {
    /// The store under test.
    public let store: any KeyValueStore
    /// Where it lies.
    public let place: ConformancePlace
    /// What it is one of.
    public let subject: ConformanceSubject
    /// What to draw random numbers from.
    public let seed: UInt64
    private let opened: Opened

    /// What the store declares.
    public var capabilities: Capabilities { store.capabilities }

    /// Whether the place offers this.
    public func offers(_ offer: ConformanceOffer) -> Bool { place.offers.contains(offer) }

    /// A store at a new place, which is like this one in everything but its records.
    public func another() async throws -> ConformanceContext {
        let place = try await subject.makePlace()
        opened.add(place)
        return try await ConformanceContext.open(subject, at: place, seed: seed, opened)
    }

    /// The store after it was closed and opened again.
    public func reopened() async throws -> ConformanceContext {
        await store.close()
        return try await ConformanceContext.open(subject, at: place, seed: seed, opened)
    }

    /// The same place, opened by one more while this one is open.
    public func opener() async throws -> ConformanceContext {
        try await ConformanceContext.open(subject, at: place, seed: seed, opened)
    }

    /// Several openers of a place where nothing has been opened before, all at once.
    public func openers(_ count: Int) async throws -> [ConformanceContext] {
        let place = try await subject.makePlace()
        opened.add(place)
        return try await withThrowingTaskGroup(of: ConformanceContext.self) { group in
            for _ in 0..<count {
                group.addTask { @concurrent in
                    try await ConformanceContext.open(subject, at: place, seed: seed, opened)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Calls `body` with a context of its own, and cleans up behind it.
    static func with<Result>(
        _ subject: ConformanceSubject,
        seed: UInt64,
        _ body: (ConformanceContext) async throws -> Result
    ) async throws -> Result {
        let opened = Opened()
        do {
            let place = try await subject.makePlace()
            opened.add(place)
            let result = try await body(open(subject, at: place, seed: seed, opened))
            try await opened.cleanUp()
            return result
        } catch {
            // What the case found matters more than what is found on the way out.
            do { try await opened.cleanUp() } catch _ {}
            throw error
        }
    }

    private static func open(
        _ subject: ConformanceSubject,
        at place: ConformancePlace,
        seed: UInt64,
        _ opened: Opened
    ) async throws -> ConformanceContext {
        let store = try await place.open()
        opened.add(store)
        return ConformanceContext(store: store, place: place, subject: subject, seed: seed, opened: opened)
    }
}

/// What has to be closed and removed when a case is over.
private final class Opened: Sendable {
    private let stores = Mutex<[any KeyValueStore]>([])
    private let places = Mutex<[ConformancePlace]>([])

    func add(_ store: any KeyValueStore) { stores.withLock { $0.append(store) } }

    func add(_ place: ConformancePlace) { places.withLock { $0.append(place) } }

    func cleanUp() async throws {
        for store in stores.withLock({ $0 }) { await store.close() }
        for place in places.withLock({ $0 }) { try await place.remove() }
    }
}
