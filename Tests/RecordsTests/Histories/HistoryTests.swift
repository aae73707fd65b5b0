import Foundation
import KeyValue
import Testing

#if SQLite
import SQLiteStore
#endif

/// The same histories on every store.
@Suite struct HistoryTests {
    @Test(arguments: [MemoryProfile.reference, .partitionScope, .oneKeyScope, .noConditionalDelete, .smallLimits])
    func inMemory(_ profile: MemoryProfile) async throws {
        for seed in 1...4 {
            var history = try await History(MemoryStore(profile), seed: UInt64(seed))
            try await history.run(200)
        }
    }

    #if SQLite
    @Test func inSQLite() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "records-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer {
            do { try FileManager.default.removeItem(at: directory) } catch { Issue.record(error) }
        }
        let store = try await SQLiteStore.open(path: directory.appending(path: "records.db").path)
        var history = try await History(store, seed: 5)
        try await history.run(200)
        await store.close()
    }
    #endif
}
