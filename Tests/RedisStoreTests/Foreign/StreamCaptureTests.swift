#if Redis
import Foundation
import KeyValue
import TestServers
import Testing

@testable import RedisStore

@Suite("Capture by a stream")
struct StreamCaptureTests {
    private struct Legacy {
        let server: RedisServer
        let url: String

        init(_ arguments: [String] = [], by way: ChangeWay = .stream, tls: Bool = false) async throws {
            server = try await RedisServer.start(["--repl-diskless-sync-delay", "0"] + arguments, tls: tls)
            try server.cli("acl", "setuser", "wherehouse", "on", ">tool", "~*", "&*", "+@all")
            try server.cli("acl", "setuser", "service", "on", ">secret", "~a*", "~b*", "&*", "+@all", "-flushall")
            let authority = server.certificateAuthority.map { "&ca=\($0)" } ?? ""
            let scheme = tls ? "rediss" : "redis"
            url = "\(scheme)://wherehouse:tool@127.0.0.1:\(server.port)?layout=raw&capture=\(way)\(authority)"
        }

        func open() async throws -> RedisForeignStore {
            let store = try await RedisDriver().open(try StoreLocation(url), environment: .live)
            return try #require(store as? RedisForeignStore)
        }

        /// Says something as the user that is not refused.
        @discardableResult
        func own(_ words: String...) throws -> String {
            try server.cli(["--user", "wherehouse", "--pass", "tool", "--no-auth-warning"] + words)
        }
    }

    private func marks(_ store: RedisForeignStore) async throws -> Set<String> {
        var found: Set<String> = []
        var cursor: Cursor?
        repeat {
            let page = try await store.marks(in: RedisForeignStore.bin, limit: 3, after: cursor)
            for key in page.marks.flatMap(\.keys) { found.insert(String(decoding: key.bytes, as: UTF8.self)) }
            cursor = page.cursor
        } while cursor != nil
        return found
    }

    @Test("marks what changed until it is cleared by name, in whichever process, and leaves no trace")
    func capturing() async throws {
        let legacy = try await Legacy()
        try legacy.server.cli("set", "before", "1")
        let store = try await legacy.open()
        await #expect { try await self.marks(store) } throws: { ($0 as? StoreError)?.code == .invalidArgument }
        try await store.installCapture()
        try await store.installCapture()
        // A server whose sending was broken off may never send anything again.
        let said = try String(contentsOfFile: legacy.server.directoryPath + "/server.log", encoding: .utf8)
        #expect(said.contains("Full resync requested") && !said.contains("last replica dropped"))
        #expect(try await store.captureReport().isInstalled)
        #expect(try await marks(store) == [])
        for number in 0..<8 { try legacy.server.cli("set", "k\(number)", "1") }
        let first = try await store.marks(in: RedisForeignStore.bin, limit: 100, after: nil).marks
        #expect(first.count == 8)
        try legacy.server.cli("set", "k0", "2")
        try await store.clearMarks(first.map(\.id), in: RedisForeignStore.bin)
        #expect(try await marks(store) == ["k0"])
        // Another process begins where this one had carried over everything.
        await store.close()
        try legacy.server.cli("del", "k7")
        let other = try await legacy.open()
        #expect(try await marks(other).isSuperset(of: ["k0", "k7"]))
        #expect(try await other.captureReport().gaps == 0)
        let key = try #require(
            try await other.marks(in: RedisForeignStore.bin, limit: 1, after: nil).marks.first?.keys.first
        )
        let revision = try await other.get(key)?.revision
        #expect(try await other.get(key)?.revision == revision)
        // What capture keeps is none of the records.
        #expect(try await other.scan(.all(), ScanOptions(), after: nil).count == 8)
        try await other.removeCapture()
        #expect(try legacy.server.cli("exists", "wherehouse:capture").hasPrefix("0"))
        await other.close()
    }

    @Test("follows by connections that are encrypted, and by no others")
    func encrypted() async throws {
        let legacy = try await Legacy(tls: true)
        let store = try await legacy.open()
        try await store.installCapture()
        try legacy.server.cli("mset", "a", "1", "b", "2")
        #expect(try await marks(store) == ["a", "b"])
        try await store.refuseForeignWriters(waitMax: .zero)
        #expect(try legacy.server.cli("set", "a", "2").contains("NOPERM"))
        try await store.admitForeignWriters()
        try legacy.server.cli("client", "kill", "type", "replica")
        try legacy.server.cli("set", "c", "3")
        #expect(try await marks(store) == ["a", "b", "c"])
        #expect(try await store.captureReport().gaps == 0)
        await store.close()
        // It trusts nobody but who it was told to.
        let other = try await Legacy(tls: true)
        let url = legacy.url.replacing(":\(legacy.server.port)", with: ":\(other.server.port)")
        await #expect {
            _ = try await RedisDriver().open(try StoreLocation(url), environment: .live)
        } throws: { ($0 as? StoreError)?.code == .unavailable }
    }

    @Test("tells what was written although others are refused, and no expiry", arguments: ChangeWay.allCases)
    func late(way: ChangeWay) async throws {
        let legacy = try await Legacy(["--notify-keyspace-events", "KA"], by: way)
        let store = try await legacy.open()
        try await store.installCapture()
        #expect(try await marks(store) == [])
        func late(_ store: RedisForeignStore) async throws -> Set<String> {
            Set(try await store.lateMarks(limit: 100).flatMap(\.keys).map { String(decoding: $0.bytes, as: UTF8.self) })
        }
        try legacy.server.cli("mset", "a1", "1", "a2", "1", "before", "1")
        try legacy.server.cli("set", "short", "1", "px", "300")
        try await store.refuseForeignWriters(waitMax: .zero)
        try await Patience.until { try legacy.server.cli("exists", "short").hasPrefix("0") }
        #expect(try await late(store) == [])
        // Somebody lets them in again.
        try legacy.own("acl", "setuser", "default", "+@write")
        try legacy.server.cli("set", "a1", "2")
        try legacy.server.cli("del", "a2")
        #expect(try await late(store) == ["a1", "a2"])
        try await store.refuseForeignWriters(waitMax: .zero)
        #expect(try legacy.server.cli("set", "a1", "3").contains("NOPERM"))
        #expect(try await late(store).contains("a1"))
        let first = try await store.lateMarks(limit: 1)
        if way == .stream {
            // Another process tells the same.
            let other = try await legacy.open()
            #expect(try await other.lateMarks(limit: 100).contains(try #require(first.first)))
            await other.close()
        }
        try await store.removeCapture()
        await store.close()
    }

    @Test("listens to events where nobody may follow, and counts a gap for all that it can't have heard")
    func listening() async throws {
        let silent = try await Legacy(by: .events)
        let deaf = try await silent.open()
        await #expect { try await deaf.installCapture() } throws: { ($0 as? StoreError)?.code == .unsupported }
        await deaf.close()
        // As hosted servers do.
        try silent.server.cli("acl", "setuser", "wherehouse", "-config", "-psync", "-replconf", "-sync")
        let mute = try await silent.open()
        await #expect { try await mute.installCapture() } throws: { ($0 as? StoreError)?.code == .unsupported }
        await mute.close()
        try silent.server.cli("config", "set", "notify-keyspace-events", "KA")
        let store = try await silent.open()
        #expect(store.guarantee == .notified)
        try await store.installCapture()
        #expect(try await store.captureReport().isInstalled)
        #expect(try await store.captureReport().gaps == 0)
        // From now on it listens.
        #expect(try await marks(store) == [])
        let began = try await store.captureReport().gaps
        #expect(began > 0)
        try silent.server.cli("mset", "a", "1", "b", "2")
        try silent.server.cli("eval", "redis.call('set', 'script', 1)", "0")
        try silent.server.cli("-n", "1", "set", "elsewhere", "1")
        try silent.server.cli("expire", "b", "100")
        #expect(try await marks(store) == ["a", "b", "script"])
        #expect(try await store.captureReport().gaps == began)
        try silent.server.cli("client", "kill", "type", "pubsub")
        try silent.server.cli("set", "c", "3")
        try await Patience.until { try await store.captureReport().gaps > began }
        let broken = try await store.captureReport().gaps
        try silent.server.cli("flushdb")
        #expect(try await store.captureReport().gaps > broken)
        #expect(try await store.captureReport().isInstalled)
        try silent.server.cli("set", "d", "3")
        #expect(try await marks(store).contains("d"))
        try await store.removeCapture()
        #expect(try silent.server.cli("exists", "wherehouse:capture").hasPrefix("0"))
        await store.close()
    }

    @Test("counts a gap when the server forgot, and when a database was emptied")
    func gaps() async throws {
        let legacy = try await Legacy(["--repl-backlog-size", "16384"])
        let store = try await legacy.open()
        try await store.installCapture()
        let installed = try await store.captureReport()
        #expect(installed.gaps == 0)
        try legacy.server.cli("flushdb")
        let emptied = try await store.captureReport()
        #expect(emptied.gaps > 0 && emptied.identity == installed.identity && emptied.isInstalled)
        await store.close()
        for number in 0..<40 { try legacy.server.cli("set", "large\(number)", String(repeating: "x", count: 1_000)) }
        let other = try await legacy.open()
        #expect(try await other.captureReport().gaps > emptied.gaps)
        #expect(try await marks(other) == [])
        await other.close()
    }

    @Test("counts a gap instead of keeping more changes than fit, and tells what comes later")
    func tooMany() async throws {
        let legacy = try await Legacy()
        let location = try StoreLocation(legacy.url)
        let configuration = try RedisConfiguration(location)
        let store = try await RedisForeignStore.open(
            try await RedisClient.connect(configuration, environment: .live),
            configuration,
            try RedisRawOptions(location, database: configuration.database),
            by: .stream,
            environment: .live,
            pendingMax: 40
        )
        try await store.installCapture()
        func change(_ numbers: Range<Int>) throws {
            try legacy.server.cli(["mset"] + numbers.flatMap { ["k\($0)", "1"] })
        }
        try change(0..<40)
        #expect(try await marks(store).count == 40)
        #expect(try await store.captureReport().gaps == 0)
        // The same ones take no more room.
        try change(0..<40)
        #expect(try await store.captureReport().gaps == 0)
        let old = try await store.marks(in: RedisForeignStore.bin, limit: 100, after: nil).marks
        try change(100..<120)
        #expect(try await store.captureReport().gaps == 1)
        #expect(try await marks(store).isSubset(of: Set((100..<120).map { "k\($0)" })))
        try legacy.server.cli("set", "later", "1")
        try await store.clearMarks(old.map(\.id), in: RedisForeignStore.bin)
        #expect(try await marks(store).contains("later"))
        #expect(try await store.captureReport().gaps == 1)
        await store.close()
    }

    @Test("takes the right to write from all others, of open connections too, and gives back what each had")
    func refusing() async throws {
        let legacy = try await Legacy()
        let store = try await legacy.open()
        try await store.installCapture()
        func service(_ words: String...) throws -> String {
            try legacy.server.cli(["--user", "service", "--pass", "secret", "--no-auth-warning"] + words)
        }
        let before = try legacy.server.cli("acl", "list")
        try await store.refuseForeignWriters(waitMax: .zero)
        #expect(try await store.captureReport().isRefusing)
        #expect(try service("set", "a", "1").contains("NOPERM"))
        // Whoever may read keys learns nothing of passwords.
        #expect(try !legacy.server.cli("hgetall", "wherehouse:capture").contains("#"))
        #expect(try service("eval", "return redis.call('set', KEYS[1], 1)", "1", "a").contains("can't run"))
        #expect(try legacy.server.cli("set", "a", "1").contains("NOPERM"))
        try await store.refuseForeignWriters(waitMax: .zero)
        try await store.admitForeignWriters()
        #expect(try legacy.server.cli("acl", "list") == before)
        #expect(try service("set", "a", "1").contains("OK"))
        #expect(try await !store.captureReport().isRefusing)
        // Somebody lets them in again behind our back.
        try await store.refuseForeignWriters(waitMax: .zero)
        let own = ["--user", "wherehouse", "--pass", "tool", "--no-auth-warning"]
        try legacy.server.cli(own + ["acl", "setuser", "service", "+@write"])
        #expect(try await !store.captureReport().isRefusing)
        try await store.refuseForeignWriters(waitMax: .zero)
        #expect(try service("set", "a", "1").contains("NOPERM"))
        try await store.removeCapture()
        let after = try legacy.server.cli("acl", "list")
        #expect(after == before)
        await store.close()
        let nobody = try await RedisDriver().open(
            try StoreLocation("redis://127.0.0.1:\(legacy.server.port)?layout=raw&capture=stream"),
            environment: .live
        )
        await #expect {
            try await (nobody as? RedisForeignStore)?.installCapture()
        } throws: { ($0 as? StoreError)?.code == .invalidArgument }
        await nobody.close()
    }

    @Test("follows every master of a cluster, also one that takes another's place", arguments: ChangeWay.allCases)
    func cluster(way: ChangeWay) async throws {
        let cluster = try await RedisCluster.start(replicas: 1, ["--notify-keyspace-events", "KA"])
        for node in cluster.nodes { try node.cli("acl", "setuser", "wherehouse", "on", ">tool", "~*", "&*", "+@all") }
        let url = cluster.url.replacing("redis://", with: "redis://wherehouse:tool@") + "?layout=raw&capture=\(way)"
        let opened = try await RedisDriver().open(try StoreLocation(url), environment: .live)
        let store = try #require(opened as? RedisForeignStore)
        try await store.installCapture()
        #expect(try await marks(store) == [])
        let began = try await store.captureReport().gaps
        let keys = (0..<24).map { "k\($0)" }
        for key in keys { try cluster.nodes[0].cli("-c", "set", key, "1") }
        #expect(try await marks(store) == Set(keys))
        #expect(try await store.captureReport().gaps == began)

        let replica = try #require(try cluster.nodes.first { try $0.cli("role").hasPrefix("slave") })
        #expect(try replica.cli("cluster", "failover").hasPrefix("OK"))
        try await Patience.until { try replica.cli("role").hasPrefix("master") }
        try await Patience.until {
            // While the nodes do not agree yet, it is tried again.
            guard let report = try? await store.captureReport() else { return false }
            return report.gaps > began && report.objects.contains { $0.hasSuffix(":\(replica.port)") }
        }
        let others = (0..<24).map { "n\($0)" }
        for key in others { try cluster.nodes[0].cli("-c", "set", key, "1") }
        #expect(try await marks(store).isSuperset(of: others))

        try await store.refuseForeignWriters(waitMax: .zero)
        for key in keys { #expect(try cluster.nodes[0].cli("-c", "set", key, "2").contains("NOPERM")) }
        #expect(try await store.captureReport().isRefusing)
        try await store.removeCapture()
        #expect(try cluster.nodes[0].cli("-c", "set", "k0", "2").contains("OK"))
        #expect(try await store.scan(.all(), ScanOptions(limit: 1_000), after: nil).count > 0)
        await store.close()
    }
}
#endif
