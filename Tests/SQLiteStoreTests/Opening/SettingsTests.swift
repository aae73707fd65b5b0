#if SQLite
import Foundation
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct SettingsTests {
    @Test func readsTheSettingsBack() async throws {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        let configuration = SQLiteConfiguration()
        let connection = try Connection(path: directory.file(), role: .writer, configuration: configuration)
        try connection.execute("PRAGMA synchronous = FULL")
        try SQLiteStore.verify(connection, configuration)
        for wrong in ["OFF", "NORMAL", "EXTRA"] {
            try connection.execute("PRAGMA synchronous = \(wrong)")
            let error = #expect(throws: StoreError.self) { try SQLiteStore.verify(connection, configuration) }
            #expect(error?.code == .unsupported)
        }
        try connection.execute("PRAGMA synchronous = FULL")
        try connection.execute("PRAGMA journal_mode = DELETE")
        let error = #expect(throws: StoreError.self) { try SQLiteStore.verify(connection, configuration) }
        #expect(error?.metadata["journal_mode"] == "delete")
    }

    @Test(arguments: SQLiteConfiguration.Synchronous.allCases)
    func tellsItsSettings(_ synchronous: SQLiteConfiguration.Synchronous) async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(
            path: directory.file(),
            configuration: SQLiteConfiguration(synchronous: synchronous)
        )
        try await store.put([1], at: Key("partition", "key"))
        let status = try await store.status()
        let facts = Dictionary(uniqueKeysWithValues: status.facts.map { ($0.name, $0.value) })
        #expect(status.format == 1)
        #expect(status.durability == (synchronous == .full ? .powerLoss : .processLoss))
        #expect(store.capabilities.durability == status.durability)
        #expect(facts["path"] == directory.file())
        #expect(facts["journal_mode"] == "wal")
        #expect(facts["synchronous"] == synchronous.rawValue)
        #expect(facts["page_size"] == "4096")
        #expect(facts["wal_pages"].flatMap(Int.init) ?? 0 > 0)
        #expect(facts["fence"] == "0, open to everyone")
        #expect(facts["holder"]?.contains("pid \(getpid())") == true)
        await store.close()
    }

    @Test func warnsOfWhatItCanNotHelp() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let before = try await store.status().warnings
        try FileManager.default.linkItem(atPath: directory.file(), toPath: directory.file("second.db"))
        let after = try await store.status().warnings
        #expect(after.count == before.count + 1)
        await store.close()
    }

    @Test(arguments: [
        (3_006_023, false), (3_007_000, true), (3_040_001, true), (3_044_005, true), (3_044_006, false),
        (3_045_000, true), (3_050_006, true), (3_050_007, false), (3_051_000, true), (3_051_002, true),
        (3_051_003, false), (3_060_000, false),
    ])
    func knowsTheVersionsThatDamageLogs(_ version: Int, _ isDefective: Bool) {
        #expect(SQLiteStore.hasLogResetDefect(version: Int32(version)) == isDefective)
    }

    @Test func keepsStrangersCodeFromRunning() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        await store.close()
        try RawDatabase(directory.file())
            .run("CREATE TRIGGER evil AFTER INSERT ON records BEGIN DELETE FROM records; END")
        store = try await SQLiteStore.open(path: directory.file())
        try await store.put([1], at: Key("partition", "key"))
        let entry = try await store.get(Key("partition", "key"))
        #expect(entry?.value == [1])
        await store.close()
    }

    @Test func opensByURL() async throws {
        let directory = try TemporaryDirectory()
        let registry = StoreRegistry([SQLiteDriver()])
        for url in ["sqlite:\(directory.file())", "sqlite://\(directory.file())", "sqlite:\(directory.file())?accept="]
        {
            let store = try await registry.open(url)
            #expect(store.system == "sqlite")
            #expect(store.capabilities.durability == .powerLoss)
            await store.close()
        }
        let relaxed = try await registry.open("sqlite:\(directory.file())?synchronous=normal&accept=relaxed")
        #expect(relaxed.capabilities.durability == .processLoss)
        await relaxed.close()
        for (query, code) in [
            ("?synchronous=normal", StoreError.Code.unsupported), ("?synchronous=off", .invalidArgument),
            ("?cache=1", .invalidArgument),
        ] {
            let error = await #expect(throws: StoreError.self) {
                _ = try await registry.open("sqlite:\(directory.file())\(query)")
            }
            #expect(error?.code == code)
        }
        for url in ["sqlite:", "sqlite://host/path.db"] {
            let error = await #expect(throws: StoreError.self) { _ = try await registry.open(url) }
            #expect(error?.code == .invalidArgument)
        }
    }
}
#endif
