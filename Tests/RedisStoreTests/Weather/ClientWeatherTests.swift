#if Redis
import KeyValue
import TestServers
import TestSupport
import Testing

@testable import RedisStore

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
        try await Patience.untilRecovered { try await client.send(get("any")) }
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
        let outcomes = WriteOutcomes()
        try await Storm.pass(over: proxy, workers: 8, rounds: 2) { writer, number in
            let name = "\(writer)-\(number)"
            outcomes.note(await failureCode { _ = try await client.send(set(name)) }, of: name)
        }
        try await recovered(client)
        await client.close()
        let there = try server.cli("keys", "*").split(separator: "\n").map(String.init)
        #expect(outcomes.problems(ifThere: Set(there)) == [])
    }
}
#endif
