#if PostgreSQL
import KeyValue
import TestServers
import Testing

@testable import PostgreSQLStore

/// Gets of many tasks at once, which share queries.
@Suite struct SharedLookupTests {
    private func open() async throws -> (store: any KeyValueStore, run: (String) throws -> Void) {
        let server = try await PostgreSQLServer.shared()
        let name = try server.makeNamedDatabase()
        let store = try await PostgreSQLDriver().open(StoreLocation(server.url(of: name)), environment: .live)
        return (store, { _ = try server.psql($0, database: name) })
    }

    private func key(_ number: Int) -> Key {
        Key(
            partition: [UInt8(number % 5)],
            bytes: Array("\(number)".utf8),
            space: number % 3 == 0 ? .reservedData : .records
        )
    }

    private func value(_ number: Int) -> [UInt8] { Array(String(repeating: "\(number) ", count: number % 40).utf8) }

    /// What each of many tasks gets: of numbers that follow each other, some of them twice, a third of them missing.
    private func getAtOnce(_ store: any KeyValueStore, tasks: Int) async -> [Int: Result<[Entry?], StoreError>] {
        await withTaskGroup { group in
            for task in 0..<tasks {
                group.addTask { [self] in
                    let keys = numbers(task).map(key)
                    do throws(StoreError) {
                        return (task, Result<[Entry?], StoreError>.success(try await store.get(keys)))
                    } catch {
                        return (task, .failure(error))
                    }
                }
            }
            var results: [Int: Result<[Entry?], StoreError>] = [:]
            for await (task, result) in group { results[task] = result }
            return results
        }
    }

    private func numbers(_ task: Int) -> [Int] {
        // One in seventeen asks for more than is shared.
        let count = task % 17 == 0 ? 40 : 1 + task % 4
        return (0..<count).map { (task * 7 + $0) % 900 } + (task % 5 == 0 ? [task * 7 % 900] : [])
    }

    @Test func eachGetsWhatItAskedForAndNothingElse() async throws {
        let (store, _) = try await open()
        let puts = (0..<600).map { number in
            WriteBatch([.init(.put(value(number)), at: key(number), if: .vacant)])
        }
        for result in await store.write(each: puts) { _ = try result.get() }
        for _ in 0..<4 {
            let results = await getAtOnce(store, tasks: 300)
            for task in 0..<300 {
                let entries = try #require(try results[task]?.get())
                let expected = numbers(task).map { $0 < 600 ? value($0) : nil }
                #expect(entries.map { $0?.value } == expected)
                #expect(entries.compactMap { $0?.key } == numbers(task).filter { $0 < 600 }.map(key))
            }
        }
        await store.close()
    }

    @Test func whatTheServerRefusesIsRefusedToEach() async throws {
        let (store, run) = try await open()
        _ = try await store.get(key(0))
        try run("ALTER TABLE wherehouse.entries RENAME COLUMN v TO w")
        let refused = await getAtOnce(store, tasks: 100)
        for task in 0..<100 {
            #expect(throws: StoreError.self) { try refused[task]?.get() }
        }
        try run("ALTER TABLE wherehouse.entries RENAME COLUMN w TO v")
        let served = await getAtOnce(store, tasks: 100)
        for task in 0..<100 { #expect(try served[task]?.get().count == numbers(task).count) }
        await store.close()
    }
}
#endif
