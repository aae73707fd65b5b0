#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

@Suite("A raw view over the client")
struct RawClientTests {
    private func view(_ ports: [Int]) async throws -> RedisRawStore {
        let configuration = RedisConfiguration(endpoints: ports.map { RedisEndpoint(host: "127.0.0.1", port: $0) })
        let client = try await RedisClient.connect(configuration, environment: .live)
        return try await RedisRawStore.open(client, options: RedisRawOptions(), environment: .live)
    }

    private func everything(in view: RedisRawStore, limit: Int = 10) async throws -> [Key: RedisRawRecord] {
        var found: [Key: RedisRawRecord] = [:]
        var cursor: Cursor?
        repeat {
            let page = try await view.scan(.all(), ScanOptions(limit: limit), after: cursor)
            for row in page {
                let old = found.updateValue(try RedisRawRecord(decoding: Array(row.value)), forKey: row.key)
                #expect(old == nil)
            }
            cursor = page.cursor
        } while cursor != nil
        return found
    }

    @Test("shows every type as it is")
    func types() async throws {
        let server = try await RedisServer.start()
        try server.cli("SET", "text", "hello")
        try server.cli("PEXPIREAT", "text", "4000000000123")
        try server.cli("RPUSH", "list", "b", "a")
        try server.cli("SADD", "set", "x", "y")
        try server.cli("ZADD", "scores", "0.1", "a", "-inf", "b")
        try server.cli("HSET", "hash", "name", "acl")
        try server.cli("XADD", "log", "1-1", "a", "1")
        try server.cli("XGROUP", "CREATE", "log", "readers", "0")
        let view = try await view([server.port])
        let found = try await everything(in: view)
        let (a, b, x, y) = ([UInt8]("a".utf8), [UInt8]("b".utf8), [UInt8]("x".utf8), [UInt8]("y".utf8))
        let stream = RedisRawStream(
            entries: [.init(id: .init(milliseconds: 1, sequence: 1), fieldsAndValues: [a, [0x31]])],
            lastID: .init(milliseconds: 1, sequence: 1),
            groups: [[UInt8]("readers".utf8): .init(milliseconds: 0, sequence: 0)]
        )
        #expect(
            found == [
                Key("db0", "text"): RedisRawRecord(
                    .string([UInt8]("hello".utf8)),
                    expiresAtMilliseconds: 4_000_000_000_123
                ),
                Key("db0", "list"): RedisRawRecord(.list([b, a])),
                Key("db0", "set"): RedisRawRecord(.set([x, y])),
                Key("db0", "scores"): RedisRawRecord(.sortedSet([a: 0.1, b: -.infinity])),
                Key("db0", "hash"): RedisRawRecord(.hash([[UInt8]("name".utf8): [UInt8]("acl".utf8)])),
                Key("db0", "log"): RedisRawRecord(.stream(stream)),
            ]
        )
        #expect(try await view.get(Key("db0", "absent")) == nil)
        #expect(try await view.status().facts.contains { $0.name == "redis" && $0.value.hasPrefix("7.") })
        await view.close()
    }

    @Test("reads short strings together, and what else lies among them")
    func together() async throws {
        let server = try await RedisServer.start()
        let long = [UInt8](repeating: 0x78, count: 200_000)
        let first = [UInt8](repeating: 0x79, count: RawKeyReader.firstBytes)
        var expected: [Key: RedisRawRecord] = [
            Key("db0", "long"): RedisRawRecord(.string(long)),
            Key("db0", "first piece"): RedisRawRecord(.string(first)),
            Key("db0", "empty"): RedisRawRecord(.string([])),
            Key("db0", "list"): RedisRawRecord(.list([[0x61]])),
            Key("db0", "later"): RedisRawRecord(.string([0x31]), expiresAtMilliseconds: 4_000_000_000_123),
        ]
        try server.cli("EVAL", "redis.call('SET', 'long', string.rep('x', 200000))", "0")
        try server.cli("EVAL", "redis.call('SET', 'first piece', string.rep('y', \(first.count)))", "0")
        try server.cli("SET", "empty", "")
        try server.cli("RPUSH", "list", "a")
        try server.cli("SET", "later", "1", "PXAT", "4000000000123")
        try server.cli("EVAL", "for i = 1, 2500 do redis.call('SET', 'key:' .. i, i) end", "0")
        for number in 1...2_500 {
            expected[Key("db0", "key:\(number)")] = RedisRawRecord(.string([UInt8]("\(number)".utf8)))
        }
        let view = try await view([server.port])
        #expect(try await everything(in: view, limit: 1_024) == expected)
        try server.cli("ACL", "SETUSER", "default", "-getrange")
        let error = await #expect(throws: StoreError.self) { try await everything(in: view) }
        #expect(error?.code == .permissionDenied)
        try server.cli("ACL", "SETUSER", "default", "+getrange")
        await view.close()
    }

    @Test("shows the keys of all masters of a cluster")
    func cluster() async throws {
        let cluster = try await RedisCluster.start()
        let node = try #require(cluster.nodes.first)
        for index in 0..<60 { try node.cli("-c", "SET", "key:\(index)", "\(index)") }
        let view = try await view([node.port])
        let found = try await everything(in: view)
        #expect(found.count == 60)
        #expect(found[Key("db0", "key:59")] == RedisRawRecord(.string([UInt8]("59".utf8))))
        #expect(try await view.count(.all()) == Measurement(60, .estimated))
        await view.close()
        cluster.stop()
    }
}
#endif
