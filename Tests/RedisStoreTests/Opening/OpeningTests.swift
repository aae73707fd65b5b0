#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

/// What a server has to be like to be opened, and what the store tells of it.
@Suite(.timeLimit(.minutes(3))) struct OpeningTests {
    private let registry = StoreRegistry([RedisDriver()])

    /// The code of the error that opening ends with; nil when it does not.
    private func refusal(of url: String) async -> StoreError.Code? {
        do throws(StoreError) {
            await (try await registry.open(url)).close()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func aServerThatKeepsWritesIsOpened() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        let store = try await registry.open(server.url)
        let status = try await store.status()
        #expect(status.durability == .powerLoss)
        #expect(status.format == RedisLayout.format)
        #expect(status.warnings.isEmpty)
        let facts = status.facts.map(\.value).joined(separator: " ")
        #expect(facts.contains("appendonly yes, appendfsync always"))
        // What somebody changes meanwhile is shown.
        try server.cli("config", "set", "appendfsync", "everysec")
        let changed = try await store.status()
        #expect(changed.durability == .processLoss)
        await store.close()
    }

    @Test(arguments: [
        (["--appendonly", "yes", "--appendfsync", "everysec"], Durability.processLoss),
        (["--appendonly", "no"], .none),
    ])
    func lessHasToBeAccepted(_ arguments: [String], _ durability: Durability) async throws {
        let server = try await RedisServer.start(arguments)
        #expect(await refusal(of: server.url) == .unsupported)
        let store = try await registry.open(server.url + "?accept=relaxed")
        #expect(store.capabilities.durability == durability)
        await store.close()
    }

    @Test func evictionHasToBeAcceptedByName() async throws {
        let server = try await RedisServer.start([
            "--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "100mb", "--maxmemory-policy",
            "allkeys-lru",
        ])
        #expect(await refusal(of: server.url) == .unsupported)
        #expect(await refusal(of: server.url + "?accept=relaxed") == .unsupported)
        let store = try await registry.open(server.url + "?accept=relaxed,eviction")
        #expect(store.capabilities.durability == .none)
        let status = try await store.status()
        #expect(status.warnings.contains { $0.contains("noeviction") })
        await store.close()
    }

    @Test func wrongPasswords() async throws {
        let server = try await RedisServer.start(password: "secret")
        let address = "127.0.0.1:\(server.port)"
        for user in ["", ":wrong@", "nobody:secret@"] {
            #expect(await refusal(of: "redis://\(user)\(address)?accept=relaxed") == .permissionDenied)
        }
        #expect(await refusal(of: server.url + "?accept=relaxed") == nil)
    }

    @Test func aNewerFormatIsLeftAlone() async throws {
        let server = try await RedisServer.start()
        try server.cli("set", "wh:format", "\(RedisLayout.format + 1)")
        #expect(await refusal(of: server.url + "?accept=relaxed") == .newerFormat)
        try server.cli("set", "wh:format", "nonsense")
        #expect(await refusal(of: server.url + "?accept=relaxed") == .corrupted)
        try server.cli("del", "wh:format")
        try server.cli("rpush", "wh:format", "a")
        #expect(await refusal(of: server.url + "?accept=relaxed") == .corrupted)
        let untouched = try server.cli("keys", "*")
        #expect(untouched == "wh:format\n")
    }

    @Test(arguments: [("6.0.16", false), ("6.2.0", true), ("7.4.1", true), ("unknown", false), ("", false)])
    func versions(_ version: String, _ isEnough: Bool) {
        let facts = ServerFacts(info: "# Server\r\nredis_version:\(version)\r\n", config: nil)
        #expect(facts.isRecentEnough == isEnough)
    }

    /// Hosts that keep the settings to themselves are counted as the worst.
    @Test func settingsThatAreNotTold() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        try server.cli("acl", "setuser", "default", "-config")
        #expect(await refusal(of: server.url) == .unsupported)
        let store = try await registry.open(server.url + "?accept=relaxed")
        let status = try await store.status()
        #expect(status.durability == .none)
        #expect(status.warnings.contains { $0.contains("CONFIG GET") })
        await store.close()
    }

    /// With `wait=1`, what is acknowledged is in the replica too; what no replica has in time has an unknown outcome.
    @Test func writesWaitForReplicas() async throws {
        let server = try await RedisServer.start(["--repl-diskless-sync-delay", "0"])
        let replica = try await RedisServer.start(["--replicaof", "127.0.0.1", "\(server.port)"])
        try await Patience.until { try server.cli("wait", "1", "100") == "1\n" }
        let url = server.url + "?accept=relaxed&timeout=2"
        let store = try await registry.open(url + "&wait=1&connections=3")
        for number in 1..<20 as Range<UInt8> {
            try await store.put([number], at: Key(partition: [number], bytes: [1]))
            let there = try replica.cli("exists", try rowName(number))
            #expect(there == "1\n")
        }
        replica.pause()
        let late = await #expect(throws: StoreError.self) {
            try await store.put([1], at: Key(partition: [100], bytes: [1]))
        }
        #expect(late?.code == .outcomeUnknown)
        // Reads ask nobody else.
        let read = try await store.get(Key(partition: [100], bytes: [1]))
        #expect(read?.value == [1])
        replica.resume()
        try await Patience.until {
            do throws(StoreError) {
                try await store.put([2], at: Key(partition: [100], bytes: [1]))
                return true
            } catch {
                guard error.code == .outcomeUnknown else { throw error }
                return false
            }
        }
        await store.close()
    }

    private func rowName(_ partition: UInt8) throws -> String {
        let name = try RedisLayout(prefix: "wh:").row(
            at: Key(partition: [partition], bytes: [1]),
            in: Bucket(of: [partition])
        )
        return String(decoding: name, as: UTF8.self)
    }
}
#endif
