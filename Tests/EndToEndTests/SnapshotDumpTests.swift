import Drivers
import Foundation
import KeyValue
import Migration
import Synchronization
import TestServers
import Testing

/// Dumps of stores with snapshots are of one moment, whatever several writers do meanwhile.
@Suite struct SnapshotDumpTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private static let writers = 4
    private static let first = Array("a".utf8)
    private static let last = Array("z".utf8)

    /// Opens a store with many records between the first partition and the last.
    private func open(_ url: String) async throws -> any KeyValueStore {
        let store = try await StoreRegistry.bundled.open(url)
        let numbers = 0..<6_000
        let batches = stride(from: 0, to: numbers.count, by: 500).map { start in
            WriteBatch(numbers[start..<start + 500].map { .init(.put([1]), at: Key("m", "\($0)")) })
        }
        for batch in batches { _ = try await store.write(batch) }
        return store
    }

    /// Writes, again and again, the next number at a key of the first and of the last partition, in one batch each.
    /// In every second round both are deleted instead.
    private func write(_ store: any KeyValueStore, _ writer: Int, _ rounds: Rounds) async throws {
        let keys = [Self.first, Self.last].map { Key(partition: $0, bytes: Array("\(writer)".utf8)) }
        while !rounds.isOver {
            let round = rounds.begin(writer)
            let action = round % 2 == 0 ? WriteBatch.Action.delete : .put(Array("\(round)".utf8))
            _ = try await store.write(WriteBatch(keys.map { .init(action, at: $0) }))
            rounds.end(writer)
        }
    }

    private final class Rounds: Sendable {
        private struct State {
            var begun = Array(repeating: 0, count: SnapshotDumpTests.writers)
            var ended = Array(repeating: 0, count: SnapshotDumpTests.writers)
            var isOver = false
        }

        private let state = Mutex(State())

        var isOver: Bool { state.withLock { $0.isOver } }
        func stop() { state.withLock { $0.isOver = true } }
        var begun: [Int] { state.withLock { $0.begun } }
        var ended: [Int] { state.withLock { $0.ended } }

        func begin(_ writer: Int) -> Int {
            state.withLock { state in
                state.begun[writer] += 1
                return state.begun[writer]
            }
        }

        func end(_ writer: Int) { state.withLock { $0.ended[writer] += 1 } }
    }

    /// Dumps while there are writers, and looks at what came of it.
    private func check(_ store: any KeyValueStore, _ dump: () async throws -> [UInt8]) async throws {
        let rounds = Rounds()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers { group.addTask { try await write(store, writer, rounds) } }
            defer { rounds.stop() }
            try await Patience.until { rounds.ended.allSatisfy { $0 > 2 } }
            var looked = 0
            while looked < 5 {
                let before = rounds.ended
                let bytes = try await dump()
                let begun = rounds.begun
                let found = try await pairs(in: bytes)
                // One during which nobody wrote shows nothing.
                if before != rounds.ended { looked += 1 }
                for writer in 0..<Self.writers {
                    let (first, last) = (found.first["\(writer)"], found.last["\(writer)"])
                    #expect(first == last)
                    guard let first, let round = Int(first) else { continue }
                    // Not from before the dump began, and nothing that nobody wrote.
                    #expect((before[writer]...begun[writer]).contains(round))
                }
                #expect(found.others == 6_000)
            }
            rounds.stop()
            try await group.waitForAll()
        }
    }

    private func pairs(
        in dump: [UInt8]
    ) async throws -> (first: [String: String], last: [String: String], others: Int) {
        var reader = try await DumpReader(DumpBytes(bytes: dump[...]))
        #expect(reader.header.isSnapshot)
        var found: (first: [String: String], last: [String: String], others: Int) = ([:], [:], 0)
        while let rows = try await reader.nextPage() {
            for row in rows {
                let (name, value) = (
                    String(decoding: row.key.bytes, as: UTF8.self), String(decoding: row.value, as: UTF8.self)
                )
                switch row.key.partition {
                case Self.first: found.first[name] = value
                case Self.last: found.last[name] = value
                default: found.others += 1
                }
            }
        }
        return found
    }

    @Test func aDumpOfSQLiteIsOfOneMoment() async throws {
        let store = try await open("sqlite:" + tool.directory.appending(path: "a.db").path)
        try await check(store) {
            var sink = DumpBytes(bytes: [])
            let summary = try await Dumper(store, options: DumpOptions(createdSeconds: 0)).write(to: &sink)
            #expect(summary.rows >= 6_000)
            return Array(sink.bytes)
        }
        await store.close()
    }

    /// By the command, while this process writes.
    @Test func aDumpOfPostgreSQLIsOfOneMoment() async throws {
        let server = try await PostgreSQLServer.shared()
        let url = try await server.makeDatabase() + "?accept=relaxed"
        let store = try await open(url)
        try await check(store) {
            try await tool.output("dump", url, "--output", "a.dump", "--force")
            return Array(try Data(contentsOf: tool.directory.appending(path: "a.dump")))
        }
        await store.close()
    }
}

/// A dump in memory.
private struct DumpBytes: ByteSource, ByteSink {
    var bytes: ArraySlice<UInt8>

    mutating func read(_ count: Int) async throws(StoreError) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    mutating func write(_ new: [UInt8]) async throws(StoreError) { bytes += new }
}
