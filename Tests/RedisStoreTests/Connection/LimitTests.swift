#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

/// What a client does not do without end.
@Suite struct LimitTests {
    /// What is under way to a server that reads nothing is bounded, and so is what waits to be; the rest is refused at
    /// once, nothing of it sent.
    @Test func waitingBytes() async throws {
        let server = try await RedisServer.start()
        var settings = RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: server.port)])
        settings.waitingBytesMax = 4 << 20
        settings.callTimeout = .seconds(600)
        let client = try await RedisClient.connect(settings, environment: .live)
        _ = try await client.send(RedisCommand("PING"))
        server.pause()
        let value = [UInt8](repeating: 1, count: 1 << 20)
        let codes = await withTaskGroup(of: StoreError.Code?.self) { group in
            // The system's own buffers take some megabytes before the connection counts as full.
            for number in 0..<64 {
                group.addTask {
                    do throws(StoreError) {
                        _ = try await client.send(RedisCommand("SET", [Array("k\(number)".utf8), value], .writes))
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            // Those that are refused return while the server stands still.
            var codes: [StoreError.Code?] = []
            if let first = await group.next() { codes.append(first) }
            #expect(codes == [.throttled])
            server.resume()
            for await code in group { codes.append(code) }
            return codes
        }
        let taken = codes.count { $0 == nil }
        #expect(taken > 0)
        #expect(codes.count { $0 == .throttled } == 64 - taken)
        #expect(try server.cli("dbsize") == "\(taken)\n")
        await client.close()
    }

    /// A client that nobody closed lets its connections go.
    @Test func aDroppedClient() async throws {
        let server = try await RedisServer.start()
        let settings = RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: server.port)])
        do {
            let client = try await RedisClient.connect(settings, environment: .live)
            _ = try await client.send(RedisCommand("CLIENT SETNAME", "dropped"))
            #expect(try server.cli("client", "list").contains("name=dropped"))
        }
        try await Patience.until { try !server.cli("client", "list").contains("name=dropped") }
    }

    /// Two nodes that each say that a slot is the other's: a command is not sent to and fro for ever.
    @Test func redirections() async throws {
        let cluster = try await RedisCluster.start()
        let client = try await RedisClient.connect(
            RedisConfiguration(endpoints: [RedisEndpoint(host: "127.0.0.1", port: cluster.nodes[0].port)]),
            environment: .live
        )
        let slot = HashSlot.of("foo".utf8)
        let owner = try #require(try cluster.nodes.first { !(try $0.cli("get", "foo").contains("MOVED")) })
        let other = try #require(cluster.nodes.first { $0.port != owner.port })
        let (first, second) = (try id(of: owner), try id(of: other))
        try owner.cli("cluster", "setslot", "\(slot)", "node", second)
        try other.cli("cluster", "setslot", "\(slot)", "node", first)
        let command = RedisCommand("GET", [Array("foo".utf8)], slot: slot)
        let error = await #expect(throws: StoreError.self) { try await client.send(command) }
        #expect(error?.code == .unavailable)
        #expect(error?.metadata["server"]?.hasPrefix("MOVED") == true)
        await client.close()
        cluster.stop()
    }

    private func id(of node: RedisServer) throws -> String {
        try node.cli("cluster", "myid").filter { !$0.isWhitespace }
    }

    /// `wait=` in a cluster: what is acknowledged is in a replica of the master that has it.
    @Test func replicasInACluster() async throws {
        let cluster = try await RedisCluster.start(masters: 3, replicas: 1)
        let registry = StoreRegistry([RedisDriver()])
        let store = try await registry.open(cluster.url + "?accept=relaxed&timeout=3&wait=1")
        for number in 0x41..<0x61 as Range<UInt8> {
            let key = Key(partition: [number], bytes: [1])
            try await Patience.until {
                do throws(StoreError) {
                    try await store.put([number], at: key)
                    return true
                } catch {
                    // Right after its start a replica may not follow yet.
                    guard error.code == .outcomeUnknown else { throw error }
                    return false
                }
            }
        }
        // Each row is in two nodes.
        #expect(try rowCount(of: cluster.nodes) == 64)
        let replicas = try cluster.nodes.filter { try $0.cli("role").hasPrefix("slave") }
        #expect(replicas.count == 3)
        for replica in replicas { replica.pause() }
        let late = await #expect(throws: StoreError.self) {
            try await store.put([1], at: Key(partition: [100], bytes: [1]))
        }
        #expect(late?.code == .outcomeUnknown)
        for replica in replicas { replica.resume() }
        await store.close()
        cluster.stop()
    }

    private func rowCount(of nodes: [RedisServer]) throws -> Int {
        var count = 0
        for node in nodes {
            let names = try node.cli("--scan").split(separator: "\n")
            count += names.count { $0.contains("}r01:") }
        }
        return count
    }
}
#endif
