#if SQLite
import Foundation
import KeyValue
import SQLiteStore
import TestSupport
import Testing

/// What somebody, or a copy or restore that went wrong, left between two runs.
@Suite struct StrangeFilesTests {
    /// A store that was killed: what was written so far, of it some in the log. After each write its files' sizes.
    private func killed() async throws -> (files: [String: [UInt8]], logs: [Int]) {
        let directory = try TemporaryDirectory()
        var configuration = SQLiteConfiguration()
        configuration.idleBeforeCheckpoint = .seconds(3_600)
        let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
        var logs: [Int] = []
        for number in 0..<20 {
            try await store.put(Array(repeating: UInt8(number), count: 500), at: Key("partition", "key \(number)"))
            logs.append(try directory.read("store.db-wal").count)
        }
        var files: [String: [UInt8]] = [:]
        for name in ["store.db", "store.db-wal", "store.db-shm"] { files[name] = try directory.read(name) }
        await store.close()
        return (files, logs)
    }

    /// How many of the keys are there; nil unless they are the first ones.
    private func open(_ files: [String: [UInt8]]) async throws -> Int? {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files { try directory.write(bytes, name) }
        let store = try await SQLiteStore.open(path: directory.file())
        let keys = (0..<20).map { Key("partition", "key \($0)") }
        let entries = try await store.get(keys)
        let count = entries.prefix { $0 != nil }.count
        let isBeginning = entries[count...].allSatisfy { $0 == nil }
        let values = entries.compactMap { $0?.value }
        // It works on.
        try await store.put([1], at: Key("partition", "next"))
        await store.close()
        #expect(try RawDatabase(directory.file()).run("PRAGMA integrity_check") == [["ok"]])
        return isBeginning && values == (0..<count).map { Array(repeating: UInt8($0), count: 500) } ? count : nil
    }

    @Test func aLogThatIsWholeIsTakenIn() async throws {
        let (files, _) = try await killed()
        #expect(try await open(files) == 20)
    }

    /// What was only in the log is lost, and nothing can tell: a store without a log is how a clean end looks.
    @Test func aLogThatWasDeletedTakesWhatWasOnlyThere() async throws {
        var (files, _) = try await killed()
        files["store.db-wal"] = nil
        #expect(try await open(files) == 0)
        files["store.db-shm"] = nil
        #expect(try await open(files) == 0)
    }

    /// A log that was cut holds every transaction that ends before the cut.
    @Test func aLogThatWasCutHoldsItsBeginning() async throws {
        let (files, logs) = try await killed()
        var changed = files
        for end in stride(from: 0, through: files["store.db-wal"]?.count ?? 0, by: 7_001) {
            changed["store.db-wal"] = files["store.db-wal"].map { Array($0[..<end]) }
            #expect(try await open(changed) == logs.prefix { $0 <= end }.count)
        }
    }

    /// A byte that has turned in the log ends it there: its frames have checksums.
    @Test func aLogThatWasDamagedEndsThere() async throws {
        let (files, logs) = try await killed()
        for place in stride(from: 0, to: files["store.db-wal"]?.count ?? 0, by: 5_003) {
            var changed = files
            changed["store.db-wal"]?[place] ^= 0x40
            #expect(try await open(changed) == logs.prefix { $0 <= place }.count)
        }
    }

    @Test(arguments: [0, 1, 32_768, 100_000])
    func anIndexThatWasLeftMeansNothing(_ bytes: Int) async throws {
        var (files, _) = try await killed()
        var generator = SeededGenerator(seed: 3)
        files["store.db-shm"] = generator.bytes(bytes)
        #expect(try await open(files) == 20)
    }

    /// The same, after a clean end: a log and an index of nobody's.
    @Test func aLogOfNoiseMeansNothing() async throws {
        var (files, _) = try await killed()
        var generator = SeededGenerator(seed: 4)
        for bytes in [1, 32, 5_000] {
            files["store.db-wal"] = generator.bytes(bytes)
            #expect(try await open(files) == 0)
        }
    }

    @Test func aNewerFormatIsRefusedAndLeftAsItIs() async throws {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        let raw = try RawDatabase(directory.file())
        try raw.run("PRAGMA wal_autocheckpoint = 0")
        try raw.run("PRAGMA user_version = 2")
        // As a newer program that was killed left it, with a log.
        let other = try TemporaryDirectory()
        for name in ["store.db", "store.db-wal"] { try other.write(try directory.read(name), name) }
        let before = (try other.read(), try other.read("store.db-wal"))
        #expect(before.1.count > 0)
        let error = await refusal { () async throws(StoreError) in try await SQLiteStore.open(path: other.file()) }
        #expect(error?.code == .newerFormat)
        #expect(try other.read() == before.0)
        #expect(try other.read("store.db-wal") == before.1)
    }

    /// The system's clock goes back by a century, and the files come from the future. Nothing rests on either.
    @Test func aClockThatGoesBackMeansNothing() async throws {
        let directory = try TemporaryDirectory()
        let system = ObservedFileSystem()
        var configuration = SQLiteConfiguration()
        configuration.vfs = system.name
        let year: Int64 = 365 * 86_400_000
        let now: Int64 = 2_460_000 * 86_400_000
        let bin = Bin("main")
        for (round, clock) in [now, now + 100 * year, now - 20 * year, 0].enumerated() {
            system.setClock(clock)
            let store = try await SQLiteStore.open(path: directory.file(), configuration: configuration)
            try await store.put([UInt8(round)], at: Key("partition", "key"))
            let fence = try await store.fence(of: bin)
            #expect(fence.epoch == UInt64(round))
            let next = Fence(epoch: fence.epoch + 1, admission: .everyone)
            try await store.setFence(of: bin, to: next, expecting: fence)
            system.setClock(clock - year)
            try await store.put([UInt8(round)], at: Key("partition", "key \(round)"))
            await store.close()
            for name in try directory.names {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: round == 1 ? 4e9 : 1)],
                    ofItemAtPath: directory.file(name)
                )
            }
        }
        let store = try await SQLiteStore.open(path: directory.file())
        let entries = try await store.get(["key", "key 0", "key 1", "key 2", "key 3"].map { Key("partition", $0) })
        #expect(entries.map { $0?.value } == [[3], [0], [1], [2], [3]])
        await store.close()
    }
}
#endif
