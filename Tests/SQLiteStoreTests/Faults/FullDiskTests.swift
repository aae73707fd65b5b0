#if SQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

/// A disk without room: files can't grow, and what they have can be overwritten. (A file system that writes everything
/// to new places may refuse even that; the store then says `full` sooner.)
@Suite struct FullDiskTests {
    @Test(arguments: [0, 1_000, 40_000, 100_000] as [Int64])
    func refusesWhatDoesNotFitAndRecoversByItself(_ room: Int64) async throws {
        let directory = try TemporaryDirectory()
        var workload = try await Workload(seed: 40 + UInt64(room % 7), synchronous: .full, path: directory.file())
        for _ in 0..<20 { #expect(await workload.writeAlone() == nil) }

        workload.system.setRoom(room)
        var refused = 0
        for _ in 0..<60 {
            guard let error = await workload.writeAlone() else { continue }
            #expect(error.code == .full)
            refused += 1
        }
        #expect(refused > 0)
        // Everything that was acknowledged can be read, and nothing else is there.
        try await workload.settle()

        // Opened again, the store serves what it has.
        try await workload.reopen()
        try await workload.settle()

        // Room comes back, and nobody has to do anything.
        workload.system.setRoom(nil)
        for _ in 0..<10 { #expect(await workload.writeAlone() == nil) }
        try await workload.settle()
        await workload.store.close()
        #expect(try RawDatabase(directory.file()).run("PRAGMA integrity_check") == [["ok"]])
    }

    /// Batches that wait together share a transaction. One that does not fit does not take the others with it.
    @Test func whatFitsIsWrittenBesideWhatDoesNot() async throws {
        let directory = try TemporaryDirectory()
        let system = ObservedFileSystem()
        var configuration = SQLiteConfiguration()
        configuration.vfs = system.name
        let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
        try await store.put([1], at: Key("partition", "first"))
        system.setRoom(60_000)
        let large = WriteBatch([.init(.put(Array(repeating: 1, count: 200_000)), at: Key("partition", "large"))])
        let small = WriteBatch([.init(.put([2]), at: Key("partition", "small"))])
        let results = await store.write(each: [large, small])
        let codes = results.map { result -> StoreError.Code? in
            if case .failure(let error) = result { error.code } else { nil }
        }
        #expect(codes == [.full, nil])
        let entries = try await store.get([Key("partition", "large"), Key("partition", "small")])
        #expect(entries.map { $0?.value } == [nil, [2]])
        await store.close()
    }

    /// There is not even room to begin.
    @Test func aStoreThatCanNotBeMadeLeavesNothingInTheWay() async throws {
        for room: Int64 in stride(from: 0, to: 60_000, by: 3_000) {
            let directory = try TemporaryDirectory()
            let system = ObservedFileSystem()
            system.setRoom(room)
            var configuration = SQLiteConfiguration()
            configuration.vfs = system.name
            do throws(StoreError) {
                let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
                await store.close()
            } catch {
                #expect(error.code == .full, "room for \(room) bytes")
            }
            system.setRoom(nil)
            let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
            try await store.put([1], at: Key("partition", "key"))
            await store.close()
        }
    }
}
#endif
