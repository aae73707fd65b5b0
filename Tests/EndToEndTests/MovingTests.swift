#if CloudflareKV && CouchDB && DynamoDB && PostgreSQL && Redis && S3 && SQLite
import Foundation
import TestServers
import TestSupport
import Testing

/// The moves that the documentation tells step by step, in its own commands.
@Suite struct MovingTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private func lines(_ count: Int) -> String {
        (0..<count).map { #"{"partition":"p\#($0 % 7)","key":"k\#($0)","value":"v\#($0)"}"# + "\n" }.joined()
    }

    @Test func fromRedisToCouchDB() async throws {
        let source = try await RedisServer.start()
        let redis = source.url + "?accept=relaxed"
        let server = try ScriptedCouchDB.start(users: ["user": "p@ss"])
        let couch = "couchdb://user:p%40ss@127.0.0.1:\(server.port)/metadata"
        try await tool.output("put", redis, "--from", "-", input: lines(500))
        #expect(try await tool.output("stat", redis).contains("redis"))
        try await tool.output("copy", redis, couch)
        #expect(try await tool.output("stat", couch + "?login=cookie").contains("linearizable"))
        #expect(try await tool.output("verify", redis, couch).hasPrefix("Equal: 500 records in both"))
        try await tool.output("put", couch, "p", "more", "value")
        let differing = try await tool.run("verify", redis, couch)
        #expect((differing.status, differing.output) == (1, "extra\tp/more\n"))
        #expect(try await tool.output("get", couch, "p1", "k1") == "v1\n")
        try await tool.output("dump", couch, "--output", "store.dump")
        let restored = "couchdb://user:p%40ss@127.0.0.1:\(server.port)/restored"
        try await tool.output("restore", restored, "--input", "store.dump")
        try await tool.output("verify", couch, restored)
        let refused = try await tool.run("stat", "couchdb://user:wrong@127.0.0.1:\(server.port)/metadata")
        #expect(refused.status == 1 && !refused.error.contains("wrong"))
        server.stop()
    }

    @Test func aLegacyRedisGoesToCouchDB() async throws {
        let redis = try await RedisServer.start()
        for number in 0..<20 { try redis.cli("hset", "file:\(number)", "name", "pier-\(number).jpg") }
        let server = try ScriptedCouchDB.start()
        let (source, couch) = (redis.url + "/0?layout=raw", "couchdb://127.0.0.1:\(server.port)/metadata")
        try await tool.output("copy", source, couch)
        #expect(try await tool.output("verify", source, couch).hasPrefix("Equal: 20 records in both"))
        server.stop()
    }

    @Test func fromCloudflareKVToPostgreSQLAndBack() async throws {
        var items: [String: ScriptedCloudflareKV.Item] = [:]
        for number in 0..<1_500 { items["user:\(number)"] = .init(Array("v\(number)".utf8)) }
        items["other"] = .init([0xFF, 0], metadata: "{\"a\":1}", expiration: 2_000_000_000)
        let namespace = ScriptedCloudflareKV(items)
        let server = try ScriptedHTTPServer.start { namespace.answer($0) }
        let source = "cloudflare-kv://:t0ken@acc1/ns1?layout=raw&endpoint=\(server.url)"
        let target = try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed"
        #expect(try await tool.output("stat", source).contains("cloudflare-kv"))
        #expect(try await tool.output("count", source) == "1501\n")
        try await tool.output("copy", source, target)
        #expect(try await tool.output("verify", source, target).hasPrefix("Equal: 1,501 records in both"))

        // Put back into an empty namespace, by somebody who must go back.
        let few = items.filter { $0.key == "other" || $0.key.hasSuffix("77") }
        let small = ScriptedCloudflareKV(few)
        let left = try ScriptedHTTPServer.start { small.answer($0) }
        try await tool.output(
            "copy",
            "cloudflare-kv://:t0ken@acc1/ns1?layout=raw&endpoint=\(left.url)",
            "sqlite:few.db"
        )
        let empty = ScriptedCloudflareKV()
        let other = try ScriptedHTTPServer.start { empty.answer($0) }
        let back = "cloudflare-kv://:t0ken@acc1/ns1?layout=raw&endpoint=\(other.url)"
        try await tool.output("copy", "sqlite:few.db", back, "--if-exists", "replace")
        #expect(empty.items == few)
        let refused = try await tool.run("copy", target, back)
        #expect(refused.status == 1 && refused.error.contains("replace"))
        for server in [server, left, other] { server.stop() }
    }

    @Test func fromPostgreSQLToDynamoDB() async throws {
        let server = try await MotoServer.shared()
        let source = try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed"
        try await tool.output("put", source, "--from", "-", input: lines(300))
        let table = server.url(ofTable: "records-\(UUID().uuidString)")
        try await tool.output("copy", source, table)
        #expect(try await tool.output("verify", source, table).hasPrefix("Equal: 300 records in both"))
        #expect(try await tool.output("stat", table).contains("linearizable"))
        let back = try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed"
        try await tool.output("copy", table, back)
        try await tool.output("verify", source, back)
    }

    @Test func plainObjectsMoveOutAndIn() async throws {
        let server = try await MotoServer.shared()
        let name = "plain-\(UUID().uuidString.lowercased())"
        let source = try server.url(ofBucket: name, prefix: "first") + "&layout=raw"
        let target = try server.url(ofBucket: name, prefix: "second") + "&layout=raw"
        for number in 0..<30 { try await tool.output("put", source, name, "car/\(number)/a b.car", "v\(number)") }
        try await tool.output("copy", source, "sqlite:objects.db")
        #expect(try await tool.output("verify", source, "sqlite:objects.db").hasPrefix("Equal: 30 records in both"))
        try await tool.output("copy", "sqlite:objects.db", target, "--if-exists", "replace")
        #expect(try await tool.output("verify", source, target).hasPrefix("Equal: 30 records in both"))
        try await tool.output("dump", target, "--output", "objects.dump")
        try await tool.output("restore", "sqlite:restored.db", "--input", "objects.dump")
        try await tool.output("verify", source, "sqlite:restored.db")
        #expect(try await tool.output("count", source) == "30\n")
    }
}
#endif
