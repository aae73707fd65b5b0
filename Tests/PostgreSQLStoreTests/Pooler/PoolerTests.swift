#if PostgreSQL
import KeyValue
import TestServers
import TestSupport
import Testing

@testable import PostgreSQLStore

/// A store behind PgBouncer, which has few connections to the server and lends them out.
@Suite struct PoolerTests {
    private static let settings = ["default_pool_size = 3"]

    @Test(arguments: [PgBouncer.Mode.transaction, .session])
    func manyStoresWorkAtOnce(_ mode: PgBouncer.Mode) async throws {
        let server = try await PostgreSQLServer.shared()
        // A session has its connection to itself until it ends.
        let size = mode == .session ? 40 : 3
        let pooler = try await PgBouncer.start(before: server, mode: mode, ["default_pool_size = \(size)"])
        let url = try pooler.makeDatabase()
        let keys = (0..<200).map { Key("p", "\($0)") }
        try await withThrowingTaskGroup { group in
            for number in 0..<4 {
                group.addTask {
                    let store = try await open(url)
                    try await withThrowingTaskGroup { writers in
                        for key in keys {
                            writers.addTask { _ = try await store.write(WriteBatch([.init(.add(1), at: key)])) }
                            writers.addTask { try await store.put([UInt8(number)], at: Key("q", "\(number)")) }
                        }
                        try await writers.waitForAll()
                    }
                    await store.close()
                }
            }
            try await group.waitForAll()
        }
        let store = try await open(url)
        let sums = try await store.get(keys).map { $0.flatMap { Counter.decode($0.value) } }
        #expect(sums == Array(repeating: 4, count: keys.count))
        // Longer than what a pooler reads at once.
        let long = [UInt8](repeating: 1, count: 5_000)
        let loads = await store.write(
            each: (0..<3_000).map { number in
                WriteBatch([.init(.put(long), at: Key("r", "\(number)"), if: .vacant)])
            }
        )
        for load in loads { _ = try load.get() }
        let page = try await store.scan(.partition(Array("p".utf8)), ScanOptions(limit: 4_096), after: nil)
        #expect(page.count == 200)
        let count = try await store.count(.all())
        #expect(count.value == 3_204)
        let status = try await store.status()
        #expect(status.facts.contains { $0.name == "pooler" && $0.value.hasPrefix("yes") })
        await store.close()
        pooler.kill()
    }

    @Test func aSnapshotKeepsItsMoment() async throws {
        let pooler = try await PgBouncer.start(before: .shared(), mode: .transaction, PoolerTests.settings)
        let store = try await open(try pooler.makeDatabase())
        try await store.put([1], at: Key("p", "k"))
        let snapshot = try await store.snapshot()
        for number in 2..<20 { try await store.put([UInt8(number)], at: Key("p", "k")) }
        let page = try await snapshot.scan(.all(), ScanOptions(), after: nil)
        #expect(page.map { [UInt8]($0.value) } == [[1]])
        await snapshot.close()
        let entry = try await store.get(Key("p", "k"))
        #expect(entry?.value == [19])
        await store.close()
        pooler.kill()
    }

    /// Nothing that a session was told reaches the next one, so each transaction has to say how long it waits.
    @Test func aLockIsNotWaitedForForEver() async throws {
        let server = try await PostgreSQLServer.shared()
        let pooler = try await PgBouncer.start(before: server, mode: .transaction, PoolerTests.settings)
        let name = try server.makeNamedDatabase()
        let store = try await open(pooler.url(of: name) + "?timeout=2")
        try await store.put([1], at: Key("p", "k"))
        let other = try PostgreSQLStore.connect(
            DatabaseURL(StoreLocation(server.url(of: name))).parameters,
            configuration: PostgreSQLConfiguration(),
            environment: .live
        )
        let lease = other.lease()
        _ = try await other.read([Query("BEGIN"), Query("SELECT FROM wherehouse.entries FOR UPDATE")], on: lease)
        #expect(await failureCode { try await store.put([2], at: Key("p", "k")) } == .locked)
        other.release(lease)
        await other.close()
        try await store.put([3], at: Key("p", "k"))
        await store.close()
        pooler.kill()
    }

    @Test func goesOnWhenThePoolerIsBack() async throws {
        let pooler = try await PgBouncer.start(before: .shared(), mode: .transaction, PoolerTests.settings)
        let store = try await open(try pooler.makeDatabase())
        try await store.put([1], at: Key("p", "k"))
        pooler.kill()
        #expect(await failureCode { _ = try await store.get(Key("p", "k")) } == .unavailable)
        try pooler.restart()
        var entry: Entry?
        try await Patience.until {
            do throws(StoreError) {
                entry = try await store.get(Key("p", "k"))
            } catch {
                #expect(error.code == .unavailable)
            }
            return entry != nil
        }
        #expect(entry?.value == [1])
        try await store.put([2], at: Key("p", "k"))
        await store.close()
        pooler.kill()
    }

    /// A batch is one message to the server, which such a pooler takes for a statement; a snapshot is not.
    @Test func aPoolerOfStatementsRefusesSnapshots() async throws {
        let pooler = try await PgBouncer.start(before: .shared(), mode: .statement)
        let store = try await open(try pooler.makeDatabase())
        try await store.put([1], at: Key("p", "k"))
        let entry = try await store.get(Key("p", "k"))
        #expect(entry?.value == [1])
        do {
            let snapshot = try await store.snapshot()
            await snapshot.close()
            Issue.record("taken")
        } catch {
            #expect(error.code == .unsupported)
            #expect(error.message.contains("pool mode"))
        }
        await store.close()
        pooler.kill()
    }

    @Test func aPoolerThatIsFullIsSaid() async throws {
        let pooler = try await PgBouncer.start(before: .shared(), mode: .transaction, ["max_client_conn = 1"])
        let url = try pooler.makeDatabase()
        // Opening needs a connection to read and one to write.
        #expect(await failureCode { _ = try await open(url) } == .throttled)
        pooler.kill()
    }
}
#endif
