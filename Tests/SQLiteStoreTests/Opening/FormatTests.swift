#if SQLite
import Foundation
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct FormatTests {
    private func openingError(_ path: String) async -> StoreError? {
        await #expect(throws: StoreError.self) { _ = try await SQLiteStore.open(path: path) }
    }

    @Test func keepsTheFormatInTheFile() async throws {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        let raw = try RawDatabase(directory.file())
        #expect(try raw.run("PRAGMA application_id") == [["\(0x5768_4873)"]])
        #expect(try raw.run("PRAGMA user_version") == [["1"]])
        #expect(try raw.run("PRAGMA journal_mode") == [["wal"]])
        #expect(try raw.run("PRAGMA page_size") == [["4096"]])
        #expect(try raw.run("PRAGMA integrity_check") == [["ok"]])
    }

    @Test func refusesANewerFormat() async throws {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        try RawDatabase(directory.file()).run("PRAGMA user_version = 2")
        let error = await openingError(directory.file())
        #expect(error?.code == .newerFormat)
        #expect(error?.metadata["format"] == "2")
    }

    @Test(arguments: ["PRAGMA application_id = 7", "CREATE TABLE strange(a)", "PRAGMA user_version = 1"])
    func refusesADatabaseOfAnotherProgramAndLeavesItAsItIs(_ change: String) async throws {
        let directory = try TemporaryDirectory()
        try RawDatabase(directory.file()).run(change)
        let before = try Data(contentsOf: URL(filePath: directory.file()))
        let error = await openingError(directory.file())
        #expect(error?.code == .invalidArgument)
        #expect(try Data(contentsOf: URL(filePath: directory.file())) == before)
        // Nothing is held either.
        #expect(await openingError(directory.file())?.code == .invalidArgument)
    }

    @Test(arguments: [20, 5_000])
    func refusesAFileThatIsNoDatabaseAndLeavesItAsItIs(_ bytes: Int) async throws {
        let directory = try TemporaryDirectory()
        let before = Data(repeating: 0x61, count: bytes)
        try before.write(to: URL(filePath: directory.file()))
        #expect(await openingError(directory.file())?.code == .invalidArgument)
        #expect(try Data(contentsOf: URL(filePath: directory.file())) == before)
    }

    @Test func takesAnEmptyFileForAPlace() async throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(filePath: directory.file()))
        await (try SQLiteStore.open(path: directory.file())).close()
    }

    @Test(arguments: ["", "missing/store.db", ".", "folder/", "dangling.db", "file.txt/store.db"])
    func refusesPathsThatCanNotBe(_ name: String) async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("folder"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("dangling.db"),
            withDestinationPath: directory.file("nowhere")
        )
        try Data().write(to: URL(filePath: directory.file("file.txt")))
        let path = name.isEmpty ? "" : directory.file(name)
        #expect(await openingError(path)?.code == .invalidArgument)
    }

    @Test func refusesAnUnreadableFence() async throws {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        try RawDatabase(directory.file()).run("UPDATE meta SET value = x'0100' WHERE name = 'fence'")
        #expect(await openingError(directory.file())?.code == .corrupted)
        try RawDatabase(directory.file()).run("UPDATE meta SET value = x'FF' WHERE name = 'fence'")
        #expect(await openingError(directory.file())?.code == .newerFormat)
        try RawDatabase(directory.file()).run("DELETE FROM meta")
        #expect(await openingError(directory.file())?.code == .corrupted)
    }

    @Test func refusesAStoreThatWasMovedAwayUnlessToldOtherwise() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        try await store.put([1], at: Key("partition", "key"))
        let bin = try #require(try await store.bins().first)
        try await store.setFence(of: bin, to: Fence(epoch: 1, admission: .movedAway(to: "new")), expecting: .open)
        await store.close()

        let error = await openingError(directory.file())
        #expect(error?.code == .movedAway)
        #expect(error?.metadata["to"] == "new")

        store = try await SQLiteStore.open(
            path: directory.file(),
            configuration: SQLiteConfiguration(acceptsMovedAway: true)
        )
        let entry = try await store.get(Key("partition", "key"))
        #expect(entry?.value == [1])
        let refused = await #expect(throws: StoreError.self) { try await store.put([2], at: Key("partition", "key")) }
        #expect(refused?.code == .movedAway)
        await store.close()
    }

    /// Files and directories without permission to write: as nobody, where the tests run as root.
    @Test func saysWhichPermissionIsMissing() async throws {
        let directory = try TemporaryDirectory()
        await (try SQLiteStore.open(path: directory.file())).close()
        let everything: [FileAttributeKey: Any] = [.posixPermissions: 0o777]
        let reading: [FileAttributeKey: Any] = [.posixPermissions: 0o555]
        let files = FileManager.default

        // The directory.
        try files.setAttributes(reading, ofItemAtPath: directory.path)
        #expect(try unprivileged(directory.file("other.db")) == "error permissionDenied ")
        try files.setAttributes(everything, ofItemAtPath: directory.path)

        // The lock's file.
        try files.setAttributes([.posixPermissions: 0o444], ofItemAtPath: directory.file("store.db-lock"))
        #expect(try unprivileged(directory.file()) == "error permissionDenied ")
        try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: directory.file("store.db-lock"))

        // The database, for writing and for reading.
        try files.setAttributes([.posixPermissions: 0o444], ofItemAtPath: directory.file())
        #expect(try unprivileged(directory.file()) == "error readOnly ")
        try files.setAttributes([.posixPermissions: 0o000], ofItemAtPath: directory.file())
        #expect(try unprivileged(directory.file()) == "error permissionDenied ")
        try files.setAttributes([.posixPermissions: 0o666], ofItemAtPath: directory.file())
        #expect(try unprivileged(directory.file()) == "open")
    }

    private func unprivileged(_ path: String) throws -> String? {
        let child = try ChildProcess.storeWriter("sqlite:" + path, getuid() == 0 ? "unprivileged" : "hold")
        defer { child.kill() }
        return child.line()
    }
}
#endif
