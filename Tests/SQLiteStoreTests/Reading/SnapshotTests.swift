#if SQLite
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct SnapshotTests {
    private func code(of snapshot: any StoreSnapshot) async -> StoreError.Code? {
        do throws(StoreError) {
            _ = try await snapshot.scan(.all(), ScanOptions(limit: 1), after: nil)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func areBounded() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(
            path: directory.file(),
            configuration: SQLiteConfiguration(snapshotsMax: 2)
        )
        let first = try await store.snapshot()
        do {
            let second = try await store.snapshot()
            let error = await #expect(throws: StoreError.self) { _ = try await store.snapshot() }
            #expect(error?.code == .throttled)
            #expect(await code(of: second) == nil)
        }
        // One that was let go of without being closed, and one that was closed, leave room.
        let third = try await store.snapshot()
        await first.close()
        let fourth = try await store.snapshot()
        for snapshot in [third, fourth] { await snapshot.close() }
        await store.close()
    }

    @Test func endWithTheirStore() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let snapshot = try await store.snapshot()
        await store.close()
        #expect(await code(of: snapshot) == .unavailable)
        // The file is free.
        let again = try await SQLiteStore.open(path: directory.file())
        await again.close()
    }

    @Test func stayWhileTheLogIsMoved() async throws {
        let directory = try TemporaryDirectory()
        var configuration = SQLiteConfiguration()
        configuration.checkpointPages = 4
        let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
        let keys = (0..<200).map { Key("p\($0 % 3)", "\($0)") }
        func write(_ value: [UInt8]) async throws {
            for key in keys { try await store.put(value, at: key) }
        }
        try await write([1])
        let snapshot = try await store.snapshot()
        // Large values go through a table of their own.
        try await write(Array(repeating: 2, count: 3_000))
        for key in keys.prefix(100) { try await store.delete(key) }
        var found: [Key: [UInt8]] = [:]
        var cursor: Cursor?
        repeat {
            let page = try await snapshot.scan(.all(), ScanOptions(limit: 7), after: cursor)
            for row in page { found[row.key] = Array(row.value) }
            cursor = page.cursor
        } while cursor != nil
        #expect(found == Dictionary(uniqueKeysWithValues: keys.map { ($0, [1]) }))
        await snapshot.close()
        await store.close()
    }

    @Test func withoutTheirTransactionShowNothing() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let pool = ReaderPool(path: store.path, configuration: store.configuration, closed: .snapshotClosed)
        let snapshot = SQLiteSnapshot(store, pool)
        #expect(await code(of: snapshot) == .unavailable)
        await snapshot.close()
        await store.close()
    }
}
#endif
