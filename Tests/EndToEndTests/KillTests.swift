import Drivers
import KeyValue
import TestServers
import TestSupport
import Testing

/// What was acknowledged is there after `kill -9`, a thousand times a store.
@Suite struct KillTests {
    @Test func anEmbeddedStoreKeepsWhatItsKilledProcessWasTold() async throws {
        let directory = try TemporaryDirectory()
        try await killWriters(of: "sqlite:" + directory.file("kill.db"), isExclusive: true, times: 1_000)
    }

    @Test func postgreSQLKeepsWhatKilledProcessesWereTold() async throws {
        let server = try await PostgreSQLServer.start(durable: true)
        let url = try await server.makeDatabase()
        try await killWriters(of: url, times: 950)
        try await killServer(of: url, times: 50, kill: server.kill, restart: server.restart)
    }

    @Test func redisKeepsWhatKilledProcessesWereTold() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        try await killWriters(of: server.url, times: 950)
        try await killServer(of: server.url, times: 50, kill: server.kill, restart: server.restart)
    }

    /// Kills processes that write, each after as many acknowledgements as chance has it.
    ///
    /// - Parameter isExclusive: whether only one process at a time may hold the store.
    private func killWriters(of url: String, isExclusive: Bool = false, times: Int) async throws {
        var chance = SeededGenerator(seed: 1)
        var told = Told(prefix: "client-")
        var store = try await StoreRegistry.bundled.open(url)
        for round in 0..<times {
            if isExclusive { await store.close() }
            let writer = try ChildProcess.storeWriter(url, "write", "client-\(round)-")
            try #require(writer.line() == "open")
            let names = told.lines(of: writer, upTo: Int.random(in: 0...24, using: &chance)) { writer.kill() }
            if isExclusive { store = try await StoreRegistry.bundled.open(url) }
            try await told.check(names, in: store)
        }
        try await told.checkAll(in: store)
        await store.close()
    }

    /// Kills the server under a process that writes.
    private func killServer(of url: String, times: Int, kill: () -> Void, restart: () throws -> Void) async throws {
        var chance = SeededGenerator(seed: 2)
        var told = Told(prefix: "server-")
        for round in 0..<times {
            let writer = try ChildProcess.storeWriter(url, "write", "server-\(round)-")
            try #require(writer.line() == "open")
            let names = told.lines(of: writer, upTo: Int.random(in: 0...400, using: &chance)) {
                kill()
                writer.kill()
            }
            try restart()
            let store = try await StoreRegistry.bundled.open(url)
            try await told.check(names, in: store)
            await store.close()
        }
        let store = try await StoreRegistry.bundled.open(url)
        try await told.checkAll(in: store)
        await store.close()
    }
}

/// What writers were told to be written, and so has to be there.
private struct Told {
    let prefix: String
    private var all: Set<String> = []

    init(prefix: String) { self.prefix = prefix }

    /// What a writer says until something is killed, and what it had said by then.
    mutating func lines(of writer: ChildProcess, upTo enough: Int, kill: () -> Void) -> [String] {
        var names: [String] = []
        while names.count < enough, let name = writer.line() { names.append(name) }
        kill()
        names += writer.rest()
        // A writer that is told of a failure says so, and ends.
        names.removeAll { $0.hasPrefix("error") }
        all.formUnion(names)
        return names
    }

    /// Looks for both halves of what was told last.
    func check(_ names: [String], in store: any KeyValueStore) async throws {
        let keys = names.flatMap { [Key("acknowledged", $0), Key("acknowledged", $0 + "'")] }
        var values: [[UInt8]?] = []
        for start in stride(from: 0, to: keys.count, by: store.capabilities.limits.getKeysMax) {
            let some = keys[start...].prefix(store.capabilities.limits.getKeysMax)
            values += try await store.get(Array(some)).map { $0?.value }
        }
        #expect(values == names.flatMap { [Array($0.utf8), Array($0.utf8)] })
    }

    /// Looks for everything that was ever told, and for halves of batches.
    func checkAll(in store: any KeyValueStore) async throws {
        var found: Set<String> = []
        var rows = 0
        var cursor: Cursor?
        repeat {
            let range = KeyRange.prefix(Array(prefix.utf8), of: Array("acknowledged".utf8))
            let page = try await store.scan(range, ScanOptions(limit: 1_000, keysOnly: true), after: cursor)
            for row in page {
                let name = String(decoding: row.key.bytes, as: UTF8.self)
                found.insert(name.hasSuffix("'") ? String(name.dropLast()) : name)
            }
            rows += page.count
            cursor = page.cursor
        } while cursor != nil
        #expect(found.isSuperset(of: all))
        #expect(rows == 2 * found.count, "half of a batch")
        #expect(!all.isEmpty)
    }
}
