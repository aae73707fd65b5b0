import KeyValue
import SQLiteStore

extension Workbench {
    /// Opens the store under measurement at a database of this name.
    func openStore(_ name: String, isDurable: Bool = true) async throws -> any KeyValueStore {
        try await SQLiteStore.open(
            path: path(name),
            configuration: SQLiteConfiguration(
                synchronous: isDurable ? .full : .normal,
                writerCacheBytes: Workbench.writerCacheMiB << 20,
                readerCacheBytes: Workbench.readerCacheMiB << 20
            )
        )
    }

    /// What both sides keep in memory of a table that they write to.
    static let writerCacheMiB = 64
    /// What both sides keep in memory of a table that they read: all of it, so that nothing but the ways to it differ.
    static let readerCacheMiB = 512

    /// Opens a store with the first `count` records, all but the last in its database and that in the log: as it is in
    /// service, since with an empty log SQLite asks the system for the file's size in each transaction.
    func openFilledStore(_ name: String, _ count: Int, isDurable: Bool = true) async throws -> any KeyValueStore {
        var store = try await openStore(name, isDurable: isDurable)
        try await fill(store, count - 1)
        await store.close()
        store = try await openStore(name, isDurable: isDurable)
        try await store.put(data.value(count - 1), at: data.keys[count - 1])
        return store
    }

    /// Opens a table in the same state.
    func openFilledTable(
        _ name: String,
        _ count: Int,
        _ synchronous: DirectDatabase.Synchronous = .full,
        cacheMiB: Int = Workbench.writerCacheMiB
    ) throws -> DirectTable {
        // The first connection is closed at once, which empties the log.
        try fill(try DirectTable(path(name)), count - 1)
        let table = try DirectTable(path(name), synchronous: synchronous, cacheMiB: cacheMiB)
        try table.put(data.value(count - 1), at: data.keys[count - 1])
        return table
    }

    /// Puts the first `count` records into a store.
    func fill(_ store: any KeyValueStore, _ count: Int) async throws {
        let limits = store.capabilities.limits
        let step = min(10_000, limits.batchOperationsMax, limits.batchBytesMax / 400)
        for start in stride(from: 0, to: count, by: step) {
            _ = try await store.write(batch(start..<min(count, start + step)))
        }
    }

    /// Puts the first `count` records into a table, 10,000 a transaction.
    func fill(_ table: DirectTable, _ count: Int) throws {
        for start in stride(from: 0, to: count, by: 10_000) {
            try table.write {
                for number in start..<min(count, start + 10_000) {
                    try table.put(data.value(number), at: data.keys[number])
                }
            }
        }
    }

    private func batch(_ numbers: Range<Int>) -> WriteBatch {
        WriteBatch(numbers.map { WriteBatch.Operation(.put(data.value($0)), at: data.keys[$0]) })
    }
}
