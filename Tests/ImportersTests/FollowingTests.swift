import Drivers
import Foundation
import Importers
import KeyValue
import LegacyService
import Records
import Synchronization
import TestServers
import TestSupport
import Testing
import Tuples

@testable import Files

/// Following a files service in Redis that goes on writing, checked by what an import of its last state brings over.
@Suite(.serialized) struct FollowingTests {
    private func captured(_ legacy: LegacyFiles, by way: String = "stream") async throws -> any ForeignCapture {
        try #require(try await StoreRegistry.bundled.open(legacy.url(capturing: way)) as? any ForeignCapture)
    }

    private func target(_ store: any KeyValueStore) async throws -> UploadImport {
        try await UploadImport.open(
            store,
            requiring: .exclusiveWrites,
            wallClock: { Timestamp(milliseconds: LegacyFiles.start + 100_000) }
        )
    }

    private func follower(_ source: any ForeignCapture, _ target: UploadImport) -> FilesFollower {
        FilesFollower(from: source, to: target, width: 8, sleep: StoreEnvironment.live.sleep)
    }

    /// Every record, by its identifier.
    private func records(_ target: UploadImport) async throws -> [String: StoredUpload] {
        var found: [String: StoredUpload] = [:]
        try await target.uploads.visitAll { for upload in $0 { found[upload.id] = upload } }
        return found
    }

    /// What an import brings over from the source as it is, and how many uploads it can't.
    private func imported(_ source: any KeyValueStore) async throws -> (records: [String: StoredUpload], lost: Int) {
        let target = try await target(MemoryStore(.reference))
        let report = try await FilesImporter(from: source, to: target).run()
        return (try await records(target), report.lostUploads)
    }

    @Test(arguments: ["sqlite", "postgresql", "couchdb"])
    func recordsAreThoseOfTheEndWhenAServiceWroteAllTheTime(kind: String) async throws {
        let legacy = try await LegacyFiles.followed()
        let folder = try TemporaryDirectory()
        let couch = try ScriptedCouchDB.start()
        let url =
            switch kind {
            case "sqlite": "sqlite:\(folder.file("new.db"))"
            case "postgresql": try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed"
            default: "couchdb://127.0.0.1:\(couch.port)/files?timeout=60"
            }
        let store = try await StoreRegistry.bundled.open(url, creating: true)
        let target = try await target(store)
        let source = try await captured(legacy)
        try await source.installCapture()
        let service = try LegacyWriter(legacy, folder.file("commands"))
        try await Patience.until { try legacy.server.cli("dbsize").prefix { $0.isNumber }.count >= 2 }

        // One that is stopped in between.
        let first = Task { [follower = follower(source, target)] in
            try await follower.run { _ in
            } progress: { report in
                if report.changes > 200 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        let stopped = await first.result
        #expect(throws: (any Error).self) { try stopped.get() }
        let report = try await follower(source, target).run(until: .frozen)
        #expect(report.comparisons == 1 && report.behind == 0 && report.changes > 0)
        try await service.endRefused()

        let (expected, lost) = try await imported(source)
        let found = try await records(target)
        #expect(expected.count > 5 && report.lostUploads == lost)
        #expect(Set(found.keys) == Set(expected.keys))
        for (id, upload) in expected { #expect(found[id] == upload) }
        await source.close()
        await store.close()
    }

    @Test func writersAreLetInAgainWhereItFailsAfterTheFreeze() async throws {
        let legacy = try await LegacyFiles.followed()
        let source = try await captured(legacy)
        let store = MemoryStore(.reference)
        try await source.installCapture()
        for number in 1...2 { try legacy.make(number, "ann", alias: "a\(number)") }
        let failing = try await target(FailingTarget(base: store, source: source, legacy: legacy))
        let error = await #expect(throws: StoreError.self) {
            _ = try await follower(source, failing).run(until: .frozen)
        }
        #expect(error?.code == .corrupted)
        #expect(try await !source.captureReport().isRefusing)
        let told = try legacy.server.cli("hset", "{ms-files}files-data:" + LegacyFiles.id(2), "name", "let in")
        #expect(!told.contains("NOPERM"))

        let target = try await target(store)
        let report = try await follower(source, target).run(until: .frozen)
        #expect(report.behind == 0)
        let found = try await records(target)
        #expect(found == (try await imported(source)).records)
        #expect(found[LegacyFiles.id(2)]?.name == "let in")
        await source.close()
    }

    @Test(arguments: ["stream", "events"])
    func whatIsGoneOrDamagedIsRemoved(way: String) async throws {
        let legacy = try await LegacyFiles.followed()
        let source = try await captured(legacy, by: way)
        let target = try await target(MemoryStore(.reference))
        for number in 1...4 { try legacy.make(number, "ann", alias: "a\(number)") }
        await #expect { _ = try await follower(source, target).run(until: .caughtUp) } throws: { error in
            (error as? StoreError)?.message.contains("install capture") ?? false
        }
        try await source.installCapture()
        var told: [ImportFinding] = []
        let first = try await follower(source, target).run(until: .caughtUp) { told.append($0) }
        #expect(first.written == 4 && told.isEmpty && first.lostUploads == 0)

        // While nobody looks.
        try legacy.command("del", "files-data:" + LegacyFiles.id(1))
        try legacy.command("hset", "files-data:" + LegacyFiles.id(2), "status", "9")
        try legacy.command("hdel", "files-data:" + LegacyFiles.id(3), "alias")
        try legacy.command("hdel", "files-ptr-user:ann", "a1", "a3")
        try legacy.command("hset", "files-ptr-user:ann", "a5", LegacyFiles.id(4))
        try legacy.command("hdel", "files-ptr-user:ann", "a4")
        try legacy.begin(6, "ann")
        let second = try await follower(source, target).run(until: .caughtUp) { told.append($0) }
        #expect(second.removed == 2 && second.lostUploads == 1)
        #expect(told.filter { $0.reason.loss == .upload }.map(\.reason) == [.unreadable])
        let found = try await records(target)
        #expect(found == (try await imported(source)).records)
        #expect(found[LegacyFiles.id(3)]?.hasAlias == false && found[LegacyFiles.id(4)]?.alias == "a5")

        // A part that comes, and everything that goes at once.
        try legacy.arrive(6, 0)
        _ = try await follower(source, target).run(until: .caughtUp)
        #expect(try await records(target)[LegacyFiles.id(6)]?.status == Status.uploaded.rawValue)
        try legacy.server.cli("flushdb")
        _ = try await follower(source, target).run(until: .caughtUp)
        #expect(try await records(target).isEmpty)
        await source.close()
    }
}

/// Has the service change an upload whenever something is written here, and takes nothing more once it is refused.
private final class FailingTarget: StoreDecorator {
    let base: any KeyValueStore
    private let source: any ForeignCapture
    private let legacy: LegacyFiles
    private let changes = Mutex(0)

    init(base: any KeyValueStore, source: any ForeignCapture, legacy: LegacyFiles) {
        self.base = base
        self.source = source
        self.legacy = legacy
    }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        guard call.changesStore else { return try await body() }
        guard try await !source.captureReport().isRefusing else {
            throw StoreError(.corrupted, "Nothing is taken any more.")
        }
        let result = try await body()
        let number = changes.withLock { changes in
            changes += 1
            return changes
        }
        do {
            try legacy.command("hset", "files-data:" + LegacyFiles.id(1), "name", "Pier \(number)")
        } catch {
            throw StoreError(.unavailable, "The service can't write.", cause: error)
        }
        return result
    }
}
