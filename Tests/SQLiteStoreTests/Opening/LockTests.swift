#if SQLite
import Foundation
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct LockTests {
    @Test func refusesASecondOpeningInTheSameProcess() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let error = await #expect(throws: StoreError.self) { _ = try await SQLiteStore.open(path: directory.file()) }
        #expect(error?.code == .locked)
        #expect(error?.metadata["pid"] == "\(getpid())")
        #expect(error?.metadata["program"]?.contains("PackageTests") == true)
        #expect(error?.metadata["host"] == ProcessInfo.processInfo.hostName)
        await store.close()
        await (try SQLiteStore.open(path: directory.file())).close()
    }

    /// As a program has them that is being started by another thread just now.
    @Test func isReleasedThoughACopyOfItsDescriptorIsOpen() async throws {
        let directory = try TemporaryDirectory()
        let lock = try FileLock(of: directory.file())
        let path = directory.file() + "-lock"
        let own = try #require((0..<Int32(4_096)).first { Self.path(of: $0) == path })
        let copy = fcntl(own, F_DUPFD_CLOEXEC, 0)
        try #require(copy >= 0)
        defer { close(copy) }
        lock.release()
        try FileLock(of: directory.file()).release()
    }

    private static func path(of descriptor: Int32) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
    }

    @Test func isOneLockForAllSpellingsOfAPath() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("link.db"),
            withDestinationPath: directory.file()
        )
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("folder"),
            withDestinationPath: directory.path
        )
        for name in ["link.db", "./store.db", "folder/store.db", "folder/../\(directory.name)/store.db"] {
            let error = await #expect(throws: StoreError.self) {
                _ = try await SQLiteStore.open(path: directory.file(name))
            }
            #expect(error?.code == .locked, "\(name)")
        }
        await store.close()
    }

    @Test func isOneLockForTwoSpellingsOfAFileThatIsNotThereYet() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("folder"),
            withDestinationPath: directory.path
        )
        let store = try await SQLiteStore.open(path: directory.file("folder/new.db"))
        #expect(store.path == directory.file("new.db"))
        await store.close()
    }

    @Test func namesTheProcessThatHoldsIt() async throws {
        let directory = try TemporaryDirectory()
        let child = try ChildProcess.storeWriter("sqlite:" + directory.file(), "hold")
        #expect(child.line() == "open")
        let error = await #expect(throws: StoreError.self) { _ = try await SQLiteStore.open(path: directory.file()) }
        #expect(error?.code == .locked)
        #expect(error?.metadata["pid"] == "\(child.pid)")
        #expect(error?.metadata["program"]?.hasSuffix("/StoreWriter") == true)
        #expect(error?.metadata["since"]?.hasSuffix("Z") == true)
        try child.finish()
        await (try SQLiteStore.open(path: directory.file())).close()
    }

    @Test func refusesAnotherProcess() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let child = try ChildProcess.storeWriter("sqlite:" + directory.file(), "hold")
        #expect(child.line() == "error locked \(getpid())")
        try child.finish()
        await store.close()
    }

    @Test func isFreeWhenItsHolderWasKilled() async throws {
        let directory = try TemporaryDirectory()
        let child = try ChildProcess.storeWriter("sqlite:" + directory.file(), "hold")
        #expect(child.line() == "open")
        child.kill()
        await (try SQLiteStore.open(path: directory.file())).close()
    }

    @Test func isNotHeldByWhatIsWrittenInItsFile() async throws {
        let directory = try TemporaryDirectory()
        for text in ["pid: 1\nprogram: /sbin/init\n", "\u{0}\u{1}: \n: \n::", String(repeating: "x", count: 100_000)] {
            try Data(text.utf8).write(to: URL(filePath: directory.file("store.db-lock")))
            await (try SQLiteStore.open(path: directory.file())).close()
        }
    }

    @Test func isReleasedByAStoreThatIsLetGoOfWithoutClosing() async throws {
        let directory = try TemporaryDirectory()
        var store: SQLiteStore? = try await SQLiteStore.open(path: directory.file())
        try await store?.put([1], at: Key("partition", "key"))
        let completion = try #require(store?.completion)
        store = nil
        await completion.wait()
        let again = try await SQLiteStore.open(path: directory.file())
        let entry = try await again.get(Key("partition", "key"))
        #expect(entry?.value == [1])
        await again.close()
    }
}
#endif
