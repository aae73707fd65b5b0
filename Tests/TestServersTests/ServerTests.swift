import TestServers
import Testing

@Suite struct ServerTests {
    @Test func redisKeepsWhatItIsToldToKeep() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        try server.cli("set", "name", "value")
        server.kill()
        #expect(server.pid == 0)
        try server.restart()
        #expect(try server.cli("get", "name") == "value\n")
        server.pause()
        server.resume()
        #expect(try server.cli("ping") == "PONG\n")
    }

    @Test func redisSpeaksTLSAndAsksForItsPassword() async throws {
        let server = try await RedisServer.start(password: "secret", tls: true)
        #expect(server.url == "rediss://:secret@127.0.0.1:\(server.port)")
        #expect(try server.cli("ping") == "PONG\n")
    }

    @Test func aClusterIsWhole() async throws {
        let cluster = try await RedisCluster.start()
        #expect(cluster.nodes.count == 3)
        #expect(try cluster.nodes[0].cli("-c", "set", "name", "value").contains("OK"))
        cluster.stop()
    }

    @Test func postgreSQLSurvivesACrash() async throws {
        let server = try await PostgreSQLServer.start(durable: true, password: "secret")
        try server.psql("CREATE TABLE kept AS SELECT 1 AS number")
        server.kill()
        try server.restart()
        #expect(try server.psql("SELECT number FROM kept") == "1\n")
        server.stop()
    }

    @Test func aStandbyTakesNoWrites() async throws {
        let server = try await PostgreSQLServer.start()
        let replica = try await server.startReplica()
        #expect(try replica.psql("SELECT pg_is_in_recovery()") == "t\n")
        #expect(throws: (any Error).self) { try replica.psql("CREATE TABLE refused ()") }
    }
}
