import Drivers
import Foundation
import KeyValue
import Migration
import Synchronization
import TestServers
import TestSupport
import Testing

/// A Redis tells keys twice while it shrinks its table of keys. Nothing that is read of it may show that.
@Suite struct ShrinkingTableTests {
    private static let kept = 2_000
    private static let dropped = 20_000
    private let directory = FileManager.default.temporaryDirectory.path

    /// Does work over a view of the records that stay, while most keys of the server are deleted, again and again until
    /// a key was delivered twice. What decides that is the server's own random hash.
    private func whileShrinking(_ work: (ShrinkingView, Verifier) async throws -> Void) async throws {
        let server = try await RedisServer.start(["--enable-debug-command", "yes"])
        try server.cli("eval", "for i = 1, \(Self.kept) do redis.call('set', 'kept:' .. i, i) end", "0")
        let base = try await StoreRegistry.bundled.open(server.url + "?layout=raw&match=kept:*")
        let verifier = Verifier(temporaryDirectory: directory, seed: DigestSeed(String(repeating: "7", count: 32)))
        for round in 0..<200 {
            try server.cli("eval", "for i = 1, \(Self.dropped) do redis.call('set', 'dropped:' .. i, i) end", "0")
            try await Patience.until { try table(of: server) == 32_768 }
            let view = ShrinkingView(base: base, pages: 4 + round % 14) {
                try server.cli("eval", "for i = 1, \(Self.dropped) do redis.call('del', 'dropped:' .. i) end", "0")
                try await Patience.until { try table(of: server) == 2_048 }
            }
            try await work(view, verifier)
            #expect(view.delivered >= Self.kept)
            if view.delivered > Self.kept { return await base.close() }
        }
        Issue.record("No key was delivered twice.")
    }

    /// How many places the server's table of keys has; nil while they are moved into another.
    private func table(of server: RedisServer) throws -> Int? {
        let lines = try server.cli("debug", "htstats", "0").split(separator: "[Expires HT]")[0].split(separator: "\n")
        guard !lines.contains(where: { $0.contains("rehashing") }) else { return nil }
        let line = lines.first { $0.contains("table size:") }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }

    @Test func copiesHaveEachRecordOnce() async throws {
        try await whileShrinking { view, verifier in
            let target = MemoryStore()
            let report = try await Copier(to: target).copy(from: view, temporaryDirectory: directory)
            #expect((report.read, report.written) == (Self.kept, Self.kept))
            let verified = try await verifier.verify(view.base, against: target)
            #expect(verified.isEqual && verified.target.records == Self.kept)
        }
    }

    @Test(arguments: ["digest", "verify"]) func countsEachRecordOnce(command: String) async throws {
        try await whileShrinking { view, verifier in
            let target = MemoryStore()
            _ = try await Copier(to: target).copy(from: view.base, temporaryDirectory: directory)
            let expected = try await verifier.digest(of: target)
            #expect(expected.records == Self.kept)
            if command == "digest" {
                #expect(try await verifier.digest(of: view) == expected)
            } else {
                let report = try await verifier.verify(view, against: target)
                #expect(report.isEqual)
                #expect((report.source, report.target) == (expected, expected))
            }
        }
    }

    /// Whoever wants no key twice is told when the second comes to be written, and never gets all of them.
    @Test func refusingDuplicatesRefusesThem() async throws {
        try await whileShrinking { view, _ in
            let target = MemoryStore()
            var rows = StoreRows(view, ScanOptions())
            var refusal: StoreError?
            do throws(StoreError) {
                let sort = SortOptions(duplicates: .refuse)
                _ = try await Copier(to: target).copy(&rows, sorted: sort, temporaryDirectory: directory)
            } catch {
                refusal = error
            }
            let isRepeated = view.delivered > Self.kept
            #expect(refusal?.code == (isRepeated ? .invalidArgument : nil))
            let written = try await target.count(.all()).value
            #expect(isRepeated ? written < Self.kept : written == Self.kept)
        }
    }
}

/// A store to which something is done when so many pages were read.
private final class ShrinkingView: PassingStore {
    private struct State {
        var pages: Int
        var delivered = 0
    }

    let base: any KeyValueStore
    private let state: Mutex<State>
    private let change: @Sendable () async throws -> Void

    init(base: any KeyValueStore, pages: Int, _ change: @escaping @Sendable () async throws -> Void) {
        self.base = base
        self.change = change
        state = Mutex(State(pages: pages))
    }

    /// How many rows its scans have delivered.
    var delivered: Int { state.withLock { $0.delivered } }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        let page = try await base.scan(range, options, after: cursor)
        let isTime = state.withLock { state in
            state.delivered += page.count
            state.pages -= 1
            return state.pages == 0
        }
        guard isTime else { return page }
        do { try await change() } catch { throw StoreError(.unavailable, "The change failed.", ["why": "\(error)"]) }
        return page
    }
}
