#if Redis
import KeyValue
import Synchronization
import TestServers
import Testing

@testable import RedisStore

/// What became of each write; nil for one that was acknowledged.
private final class Diary: Sendable {
    let outcomes = Mutex<[String: StoreError.Code?]>([:])
    let isOver = Mutex(false)
}

/// What the client makes of bad connections and unwilling servers: the right error, never a wrong success, and recovery
/// by itself.
@Suite(.timeLimit(.minutes(5))) struct ClientWeatherTests {
    private func client(_ port: Int) async throws -> RedisClient {
        var configuration = RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: port)])
        configuration.callTimeout = .milliseconds(500)
        return try await RedisClient.connect(configuration, environment: .live)
    }

    private func set(_ name: String) -> RedisCommand {
        RedisCommand("SET", [Array(name.utf8), Array("value".utf8)], slot: HashSlot.of(name.utf8), .writes)
    }

    private func get(_ name: String) -> RedisCommand {
        RedisCommand("GET", [Array(name.utf8)], slot: HashSlot.of(name.utf8))
    }

    /// Asks until the client has found its way back.
    private func recovered(_ client: RedisClient) async throws {
        try await Patience.until {
            do throws(StoreError) {
                _ = try await client.send(get("any"))
                return true
            } catch {
                guard error.code == .unavailable || error.code == .timedOut else { throw error }
                return false
            }
        }
    }

    @Test(arguments: [Weather.loseReplies(afterRequestBytes: 1), .oneWay])
    func aWriteWhoseReplyIsLostMayHaveHappened(_ weather: Weather) async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let client = try await client(proxy.port)
        try proxy.set(weather)
        let error = await #expect(throws: StoreError.self) { try await client.send(set("name")) }
        #expect(error?.code == .outcomeUnknown)
        let kept = try server.cli("get", "name")
        #expect(kept == "value\n")
        try proxy.set(.pass)
        try await recovered(client)
        await client.close()
    }

    @Test(arguments: [Weather.blackhole, .garbage])
    func nothingIsTakenForAnAnswer(_ weather: Weather) async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let client = try await client(proxy.port)
        try proxy.set(weather)
        let read = await #expect(throws: StoreError.self) { try await client.send(get("name")) }
        #expect(read?.code == .timedOut || read?.code == .unavailable)
        try proxy.set(.pass)
        try await recovered(client)
        try proxy.set(weather)
        let written = await #expect(throws: StoreError.self) { try await client.send(set("name")) }
        #expect(written?.code == .outcomeUnknown)
        try proxy.set(.pass)
        try await recovered(client)
        await client.close()
    }

    @Test func aFullServerRefusesWritesAndAnswersReads() async throws {
        let server = try await RedisServer.start()
        let client = try await client(server.port)
        try server.cli("config", "set", "maxmemory", "1")
        let error = await #expect(throws: StoreError.self) { try await client.send(set("name")) }
        #expect(error?.code == .full)
        _ = try await client.send(get("name"))
        try server.cli("config", "set", "maxmemory", "0")
        _ = try await client.send(set("name"))
        await client.close()
    }

    @Test func aReplicaIsReadOnly() async throws {
        let server = try await RedisServer.start()
        let replica = try await RedisServer.start(["--replicaof", "127.0.0.1", "\(server.port)"])
        let client = try await client(replica.port)
        let error = await #expect(throws: StoreError.self) { try await client.send(set("name")) }
        #expect(error?.code == .readOnly)
        await client.close()
    }

    /// Eight writers in a storm: what was acknowledged is there, and what failed is not, unless its outcome is unknown.
    @Test func aStormLosesNothingThatWasAcknowledged() async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let client = try await client(proxy.port)
        let diary = Diary()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var number = 0
                    while !diary.isOver.withLock({ $0 }) {
                        let name = "\(writer)-\(number)"
                        var code: StoreError.Code?
                        do throws(StoreError) { _ = try await client.send(set(name)) } catch { code = error.code }
                        diary.outcomes.withLock { _ = $0.updateValue(code, forKey: name) }
                        number += 1
                    }
                }
            }
            defer { diary.isOver.withLock { $0 = true } }
            let storm: [Weather] = [
                .cut, .pass, .loseReplies(afterRequestBytes: 100), .pass, .blackhole, .pass, .garbage, .pass, .refuse,
                .cut, .oneWay, .pass,
            ]
            for weather in storm + storm {
                try proxy.set(weather)
                let before = diary.outcomes.withLock { $0.count }
                try await Patience.until { diary.outcomes.withLock { $0.count } >= before + 16 }
            }
        }
        try proxy.set(.pass)
        try await recovered(client)
        await client.close()
        let there = Set(try server.cli("keys", "*").split(separator: "\n").map(String.init))
        let all = diary.outcomes.withLock { $0 }
        let acknowledged = all.filter { $0.value == nil }.keys
        let refused = all.filter { $0.value == .unavailable || $0.value == .timedOut }.keys
        #expect(!acknowledged.isEmpty)
        #expect(there.isSuperset(of: acknowledged))
        #expect(there.isDisjoint(with: refused))
        let codes = Set(all.values.compactMap { $0 })
        #expect(codes.isSubset(of: [.unavailable, .timedOut, .outcomeUnknown]))
    }
}
#endif
