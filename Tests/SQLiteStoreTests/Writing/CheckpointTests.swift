#if SQLite
import Foundation
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

/// Only the writer moves the log into the database, between two transactions.
@Suite struct CheckpointTests {
    private func content(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    private func store(_ directory: TemporaryDirectory, idle: Duration = .seconds(3_600)) async throws -> SQLiteStore {
        var configuration = SQLiteConfiguration(synchronous: .normal)
        configuration.idleBeforeCheckpoint = idle
        return try await SQLiteStore.open(path: directory.file(), configuration: configuration)
    }

    @Test func readersLeaveTheLogAlone() async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory)
        let before = try content(directory.file())
        // More pages than SQLite would move by itself, less than the writer's own limit.
        let value = [UInt8](repeating: 1, count: 4_000)
        _ = try await store.write(WriteBatch((0..<2_000).map { .init(.put(value), at: Key("partition", "\($0)")) }))
        let log = try content(directory.file("store.db-wal"))
        #expect(log.count > 1_000 * 4_096)
        let count = try await store.count(.all())
        #expect(count.value == 2_000)
        _ = try await store.get((0..<1_000).map { Key("partition", "\($0)") })

        // The last reader's end is where SQLite moves the log if it is not told otherwise.
        store.pool.close()
        await store.pool.drain()
        #expect(try content(directory.file()) == before)
        #expect(try content(directory.file("store.db-wal")) == log)

        await store.close()
        #expect(try content(directory.file()).count > log.count / 2)
        #expect(!FileManager.default.fileExists(atPath: directory.file("store.db-wal")))
    }

    @Test func theLogStaysBoundedUnderSteadyWriting() async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory)
        let value = [UInt8](repeating: 1, count: 4_000)
        for round in 0..<20 {
            _ = try await store.write(
                WriteBatch((0..<500).map { .init(.put(value + [UInt8(round)]), at: Key("partition", "\($0)")) })
            )
        }
        // 20 rounds of at least 500 pages each, in a log that begins anew after 4,000.
        #expect(try content(directory.file("store.db-wal")).count < 8_000 * 4_120)
        await store.close()
    }

    @Test func theLogIsMovedWhenNobodyWrites() async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory, idle: .milliseconds(1))
        let before = try content(directory.file())
        try await store.put([1], at: Key("partition", "key"))
        while try content(directory.file()) == before { await Task.yield() }
        await store.close()
    }

    @Test func aReaderOfAnotherProgramDoesNotKeepTheWriter() async throws {
        let directory = try TemporaryDirectory()
        let store = try await store(directory, idle: .milliseconds(1))
        try await store.put([1], at: Key("partition", "key"))
        let raw = try RawDatabase(directory.file())
        try raw.run("BEGIN")
        #expect(try raw.run("SELECT count(*) FROM records") == [["1"]])
        let value = [UInt8](repeating: 1, count: 4_000)
        for round in 0..<12 {
            _ = try await store.write(
                WriteBatch((0..<500).map { .init(.put(value + [UInt8(round)]), at: Key("partition", "\($0)")) })
            )
        }
        #expect(try raw.run("SELECT count(*) FROM records") == [["1"]])
        try raw.run("COMMIT")
        #expect(try raw.run("SELECT count(*) FROM records") == [["501"]])
        await store.close()
    }
}
#endif
