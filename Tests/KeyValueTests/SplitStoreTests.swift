import KeyValue
import KeyValueConformance
import TestSupport
import Testing

@Suite("A store that is split")
struct SplitStoreTests {
    /// Of these stores, of which one holds what begins with `p` and one what begins with `qu`.
    private static func split(
        _ rest: any KeyValueStore,
        _ first: any KeyValueStore,
        _ second: any KeyValueStore
    ) throws -> SplitStore {
        let parts = [
            SplitStore.Part(name: "one", prefix: Array("p".utf8), store: first),
            SplitStore.Part(name: "two", prefix: Array("qu".utf8), store: second),
        ]
        return try SplitStore(rest: rest, parts)
    }

    @Test(arguments: [
        [MemoryProfile.partitionScope, .reference, .smallLimits], [.reference, .unordered, .oneKeyScope],
    ])
    func conforms(_ profiles: [MemoryProfile]) async throws {
        let time = SimulatedTime()
        var subject = ConformanceSubject("split-" + profiles.map(\.name).joined(separator: "-")) {
            ConformancePlace(open: {
                let stores = profiles.map { MemoryStore($0, environment: time.environment) }
                return try SplitStoreTests.split(stores[0], stores[1], stores[2])
            })
        }
        subject.wait = { time.advance(by: $0) }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        for failure in report.failures { Issue.record("\(failure.name): \(failure.reason)") }
    }

    @Test func everythingLiesInItsPartAndIsFoundInAll() async throws {
        let stores = (0..<3).map { _ in MemoryStore() }
        let store = try SplitStoreTests.split(stores[0], stores[1], stores[2])
        let names = ["a", "p", "pa", "q", "quay", "qu", "z"]
        for name in names { try await store.put([1], at: Key(name, "k")) }
        let kept = [["a", "q", "z"], ["p", "pa"], ["qu", "quay"]]
        for (part, names) in zip(stores, kept) {
            let found = try await part.scan(.all(), ScanOptions(), after: nil).map(\.key)
            #expect(found == names.map { Key($0, "k") })
        }
        let found = try await store.get(names.map { Key($0, "k") } + [Key("pb", "k")])
        #expect(found.map { $0?.key.partition } == names.map { Array($0.utf8) } + [nil])
        #expect(try await store.count(.all()) == Measurement(7, .exact))
        var rows: [Key] = []
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(.all(), ScanOptions(limit: 2), after: cursor)
            rows += page.map(\.key)
            cursor = page.cursor
        } while cursor != nil
        #expect(rows == kept.joined().map { Key($0, "k") })
        #expect(store.capabilities.batchScope == .partition)
        #expect(store.store(of: Array("quit".utf8)).capabilities.batchScope == .store)
        #expect(try await store.bins().map(\.name) == ["rest/bin-0", "one/bin-0", "two/bin-0"])
        let status = try await store.status()
        #expect(status.facts.map(\.name).filter { !$0.contains(":") } == ["rest", "one", "two"])
    }

    @Test func partsThatWouldHoldTheSameAreRefused() throws {
        for prefixes in [["a", "a"], ["a", "ab"], ["", "b"]] {
            let parts = prefixes.enumerated().map { number, prefix in
                SplitStore.Part(name: "\(number)", prefix: Array(prefix.utf8), store: MemoryStore())
            }
            #expect(throws: StoreError.self) { try SplitStore(rest: MemoryStore(), parts) }
        }
        for name in ["", "rest", "a/b"] {
            let part = SplitStore.Part(name: name, prefix: [1], store: MemoryStore())
            #expect(throws: StoreError.self) { try SplitStore(rest: MemoryStore(), [part]) }
        }
    }
}

@Suite("The driver of stores that are split")
struct SplitDriverTests {
    /// Opens stores that are there already, by the names of their URLs: `there:NAME`.
    private struct There: StoreDriver {
        let stores: [String: MemoryStore]
        let schemes = ["there"]
        let defaultDurability = Durability.none

        func open(
            _ location: StoreLocation,
            environment: StoreEnvironment
        ) async throws(StoreError) -> any KeyValueStore {
            guard let store = stores[location.path] else { throw .invalidArgument("There is no such store.") }
            return store
        }
    }

    private func open(_ url: String, _ stores: [String: MemoryStore] = [:]) async throws -> any KeyValueStore {
        var registry = StoreRegistry([There(stores: stores)])
        registry.register(
            SplitDriver(registry, parts: ["one", "two"]) { (name) throws(StoreError) in Array(name.utf8) }
        )
        return try await registry.open(url)
    }

    @Test func partsAreOpenedByTheirURLs() async throws {
        let stores = ["a": MemoryStore(), "b": MemoryStore()]
        let store = try await open("split:?rest=there:a&two=there:b", stores)
        try await store.put([1], at: Key("two-thirds", "k"))
        #expect(try await stores["b"]?.get(Key("two-thirds", "k")) != nil)
    }

    @Test(arguments: [
        "split:?rest=there:a", "split:?one=there:a", "split:a?rest=there:a&one=there:b",
        "split:?rest=there:a&three=there:b", "split:?rest=there:a&one=there:a", "split:?rest=there:a&one=there:c",
    ])
    func wrongURLsAreRefused(_ url: String) async throws {
        let stores = ["a": MemoryStore(), "b": MemoryStore()]
        await #expect(throws: StoreError.self) { try await open(url, stores) }
    }

    /// Whatever is where nobody would look for it is told of.
    @Test(arguments: [MemoryProfile.reference, .partitionScope])
    func aStoreThatHoldsAnothersPartitionsIsRefused(_ profile: MemoryProfile) async throws {
        for (holder, partition) in [("a", "one-half"), ("b", "two-thirds"), ("b", "a"), ("b", "z")] {
            let stores = ["a": MemoryStore(profile), "b": MemoryStore(profile)]
            try await stores[holder]?.put([1], at: Key(partition, "k", space: .reservedData))
            let error = await #expect(throws: StoreError.self) {
                try await open("split:?rest=there:a&one=there:b", stores)
            }
            #expect(error?.metadata["partition"] == partition)
        }
    }
}
