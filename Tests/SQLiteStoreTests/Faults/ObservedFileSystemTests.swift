#if SQLite
import CSQLite
import Foundation
import TestSupport
import Testing

/// The instruments themselves, with SQLite alone.
struct ObservedFileSystemTests {
    private func lay(_ database: RawDatabase, _ synchronous: String = "FULL") throws {
        try database.run("PRAGMA journal_mode = WAL")
        try database.run("PRAGMA synchronous = \(synchronous)")
        try database.run("CREATE TABLE t(a)")
    }

    @Test func recordsWhatSQLiteDoes() throws {
        let directory = try TemporaryDirectory()
        let system = ObservedFileSystem()
        do {
            let database = try RawDatabase(directory.file(), vfs: system.name)
            try lay(database)
            for number in 0..<20 { try database.run("INSERT INTO t VALUES (\(number))") }
            try database.run("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        var generator = SeededGenerator(seed: 1)
        var disk = SimulatedDisk()
        for event in system.events { disk.apply(event, &generator) }
        let files = disk.afterPowerLoss(.allKept, &generator)
        #expect(files["store.db"] == (try directory.read()))
        #expect(files.keys.sorted() == ["store.db"])
    }

    @Test func keepsACommitThatWasFlushedAndLosesOneThatWasNot() throws {
        for (mode, isKept) in [("FULL", true), ("NORMAL", false)] {
            let directory = try TemporaryDirectory()
            let system = ObservedFileSystem()
            let database = try RawDatabase(directory.file(), vfs: system.name)
            try lay(database, mode)
            try database.run("PRAGMA wal_checkpoint(PASSIVE)")
            try database.run("INSERT INTO t VALUES (42)")
            var generator = SeededGenerator(seed: 1)
            var disk = SimulatedDisk()
            for event in system.events { disk.apply(event, &generator) }
            let restored = try TemporaryDirectory()
            for (name, bytes) in disk.afterPowerLoss(.allLost, &generator) { try restored.write(bytes, name) }
            let after = try RawDatabase(restored.file())
            #expect(try after.run("PRAGMA integrity_check") == [["ok"]])
            #expect(try after.run("SELECT a FROM t") == (isKept ? [["42"]] : []), "\(mode)")
        }
    }

    @Test func failsWhenTold() throws {
        let directory = try TemporaryDirectory()
        let system = ObservedFileSystem()
        let database = try RawDatabase(directory.file(), vfs: system.name)
        try lay(database)
        func code(_ text: String) -> Int32 {
            do {
                try database.run(text)
                return SQLITE_OK
            } catch {
                return (error as? RawDatabase.Failure)?.code ?? -1
            }
        }
        system.setRoom(0)
        #expect(code("INSERT INTO t VALUES (randomblob(9000))") == SQLITE_FULL)
        system.setRoom(nil)
        system.fail(FaultRule(operation: .write, role: .log, effect: .fail(.input)))
        #expect(code("INSERT INTO t VALUES (2)") == Fault.input.code)
        system.fail(FaultRule(operation: .sync, role: .log, effect: .fail(.flush)))
        #expect(code("INSERT INTO t VALUES (3)") == Fault.flush.code)
        #expect(system.struck == 1)
        #expect(code("INSERT INTO t VALUES (4)") == SQLITE_OK)
        system.fail(FaultRule(operation: .truncate, times: nil, effect: .fail(.truncation)))
        #expect(code("PRAGMA wal_checkpoint(TRUNCATE)") == Fault.truncation.code)
    }
}
#endif
