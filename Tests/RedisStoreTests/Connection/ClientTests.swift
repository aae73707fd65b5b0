#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

@Suite struct ClientTests {
    private func configuration(_ ports: [Int]) -> RedisConfiguration {
        var configuration = RedisConfiguration(endpoints: ports.map { RedisEndpoint(host: "127.0.0.1", port: $0) })
        configuration.callTimeout = .seconds(2)
        return configuration
    }

    private func set(_ name: String, _ value: String) -> RedisCommand {
        let key = Array(name.utf8)
        return RedisCommand("SET", [key, Array(value.utf8)], slot: HashSlot.of(key), .writes)
    }

    private func get(_ name: String) -> RedisCommand {
        RedisCommand("GET", [Array(name.utf8)], slot: HashSlot.of(name.utf8))
    }

    @Test func repliesComeInTheOrderOfCommands() async throws {
        let server = try await RedisServer.start()
        let client = try await RedisClient.connect(configuration([server.port]), environment: .live)
        #expect(!client.isCluster)
        let sent = await client.send((0..<5_000).map { set("k\($0)", "\($0)") })
        #expect(sent.allSatisfy { (try? $0.get())?.text == "OK" })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    for number in stride(from: task, to: 5_000, by: 64) {
                        let reply = try await client.send(get("k\(number)"))
                        #expect(reply.text == "\(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
        await client.close()
        let error = await #expect(throws: StoreError.self) { try await client.send(get("k1")) }
        #expect(error?.code == .unavailable)
    }

    @Test func comesBackWithTheServer() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        let client = try await RedisClient.connect(configuration([server.port]), environment: .live)
        _ = try await client.send(set("name", "value"))
        server.kill()
        var codes: Set<StoreError.Code> = []
        for _ in 0..<20 {
            do { _ = try await client.send(get("name")) } catch { codes.insert(error.code) }
        }
        #expect(codes == [.unavailable])
        try server.restart()
        #expect(try await value(of: "name", through: client) == "value")
        await client.close()
    }

    /// Asks again while the servers are not there.
    private func value(of name: String, through client: RedisClient) async throws -> String? {
        var value: String?
        try await Patience.until {
            do throws(StoreError) {
                value = try await client.send(get(name)).text
                return true
            } catch {
                guard error.code == .unavailable || error.code == .timedOut else { throw error }
                return false
            }
        }
        return value
    }

    // With TLS a connection that was given up still receives: its replies must not answer what came later.
    @Test(arguments: [false, true]) func aServerThatStandsStillIsGivenUp(_ tls: Bool) async throws {
        let server = try await RedisServer.start(tls: tls)
        var settings = configuration([server.port])
        if tls { settings.tls = RedisConfiguration.TLS(authorities: server.certificateAuthority) }
        settings.callTimeout = .milliseconds(300)
        let client = try await RedisClient.connect(settings, environment: .live)
        server.pause()
        let read = await #expect(throws: StoreError.self) { try await client.send(get("name")) }
        #expect(read?.code == .timedOut)
        server.resume()
        #expect(try await value(of: "name", through: client) == nil)
        server.pause()
        let written = await #expect(throws: StoreError.self) { try await client.send(set("name", "value")) }
        #expect(written?.code == .outcomeUnknown)
        server.resume()
        await client.close()
    }

    @Test func passwordsAndCertificates() async throws {
        let server = try await RedisServer.start(password: "secret", tls: true)
        var settings = configuration([server.port])
        settings.tls = RedisConfiguration.TLS(authorities: server.certificateAuthority)
        settings.password = "secret"
        let client = try await RedisClient.connect(settings, environment: .live)
        #expect(try await client.send(RedisCommand("PING")).text == "PONG")
        await client.close()
        settings.password = "wrong"
        let wrong = settings
        let refused = await #expect(throws: StoreError.self) {
            _ = try await RedisClient.connect(wrong, environment: .live)
        }
        #expect(refused?.code == .permissionDenied)
        settings.tls = RedisConfiguration.TLS()
        let untrusting = settings
        let untrusted = await #expect(throws: StoreError.self) {
            _ = try await RedisClient.connect(untrusting, environment: .live)
        }
        #expect(untrusted?.code == .unavailable)
    }

    @Test func aClusterIsOneStore() async throws {
        let cluster = try await RedisCluster.start(masters: 3, replicas: 1)
        let client = try await RedisClient.connect(configuration([cluster.nodes[0].port]), environment: .live)
        #expect(client.isCluster)
        #expect(await client.nodes().count == 3)
        let sent = await client.send((0..<300).map { set("k\($0)", "\($0)") })
        #expect(sent.allSatisfy { (try? $0.get())?.text == "OK" })
        // Replicas follow in their own time.
        for node in await client.nodes() {
            try await Patience.until {
                try await client.send(RedisCommand("WAIT", "1", "1000"), to: node).integer == 1
            }
        }
        // A node that is lost takes its slots with it until its replica has them.
        let masters = await client.nodes()
        let lost = try #require(cluster.nodes.first { node in masters.contains { $0.port == node.port } })
        lost.kill()
        for number in 0..<300 {
            #expect(try await value(of: "k\(number)", through: client) == "\(number)")
        }
        await client.close()
        cluster.stop()
    }

    @Test func aSlotThatMovedIsFollowed() async throws {
        let cluster = try await RedisCluster.start()
        let client = try await RedisClient.connect(configuration([cluster.nodes[0].port]), environment: .live)
        _ = try await client.send(set("foo", "value"))
        let slot = "\(HashSlot.of("foo".utf8))"
        let owner = try #require(try cluster.nodes.first { try $0.cli("exists", "foo") == "1\n" })
        let other = try #require(cluster.nodes.first { $0.port != owner.port })
        let (from, to) = (try id(of: owner), try id(of: other))
        try other.cli("cluster", "setslot", slot, "importing", from)
        try owner.cli("cluster", "setslot", slot, "migrating", to)
        try owner.cli("migrate", "127.0.0.1", "\(other.port)", "foo", "0", "5000")
        // The slot is still the owner's, and the key is with the other: it says ASK.
        #expect(try await client.send(get("foo")).text == "value")
        for node in cluster.nodes { try node.cli("cluster", "setslot", slot, "node", to) }
        // Now it says MOVED.
        #expect(try await client.send(get("foo")).text == "value")
        _ = try await client.send(set("foo", "second"))
        #expect(try other.cli("get", "foo") == "second\n")
        await client.close()
        cluster.stop()
    }

    private func id(of node: RedisServer) throws -> String {
        try node.cli("cluster", "myid").filter { !$0.isWhitespace }
    }

    @Test func theServerThatAnsweredIsTheNode() async throws {
        let (lost, server) = (try await RedisServer.start(), try await RedisServer.start())
        lost.kill()
        let client = try await RedisClient.connect(configuration([lost.port, server.port]), environment: .live)
        #expect(await client.nodes().map(\.port) == [server.port])
        await client.close()
    }

    @Test func errorsHoldNoArguments() {
        let text = "ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'default' 'secret' "
        let error = StoreError(serverSays: text)
        #expect(error.metadata == ["server": "ERR unknown command 'HELLO'"])
    }

    @Test func cancelledCallsReturn() async throws {
        let server = try await RedisServer.start()
        let client = try await RedisClient.connect(configuration([server.port]), environment: .live)
        server.pause()
        let reading = Task { () -> StoreError.Code? in
            do { _ = try await client.send(get("name")) } catch { return (error as? StoreError)?.code }
            return nil
        }
        reading.cancel()
        #expect(await reading.value == .cancelled)
        server.resume()
        #expect(try await client.send(RedisCommand("PING")).text == "PONG")
        await client.close()
    }
}
#endif
