import Foundation
import TestServers
import TestSupport
import Testing

/// Leaving a database that another system filled.
@Suite struct RawViewTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    @Test func aLegacyRedisIsCopiedAndVerified() async throws {
        let server = try await RedisServer.start()
        for number in 0..<50 {
            try server.cli("hset", "file:\(number)", "name", "pier-\(number).jpg", "size", "\(number)")
            try server.cli("sadd", "files", "file:\(number)")
        }
        try server.cli("set", "expiring", "soon", "ex", "1000000")
        let source = server.url + "?layout=raw"
        try await tool.output("copy", source, "sqlite:new.db")
        let verified = try await tool.output("verify", source, "sqlite:new.db")
        #expect(verified.hasPrefix("Equal: 52 records in both"))
        #expect(try await tool.output("count", "sqlite:new.db") == "52\n")
        try server.cli("hset", "file:7", "name", "other.jpg")
        try server.cli("del", "expiring")
        let changed = try await tool.run("verify", source, "sqlite:new.db")
        #expect(changed.status == 1)
        #expect(changed.output.contains("file:7") && changed.output.contains("expiring"))
        let written = try await tool.run("delete", source, "db0", "file:7")
        #expect(written.status == 1 && written.error.contains("read-only"))
    }

    @Test func aLegacyTableIsCopiedAndVerified() async throws {
        let server = try await PostgreSQLServer.shared()
        let url = try await server.makeDatabase()
        let database = String(url.split(separator: "/").last ?? "")
        try server.psql(
            """
            CREATE TABLE files (id bigint PRIMARY KEY, name text, size bigint);
            INSERT INTO files SELECT n, 'pier-' || n || '.jpg', n * 10 FROM generate_series(1, 500) n;
            """,
            database: database
        )
        let source = url + "?layout=raw&table=files"
        try await tool.output("copy", source, "sqlite:new.db")
        let verified = try await tool.output("verify", source, "sqlite:new.db")
        #expect(verified.hasPrefix("Equal: 500 records in both"))
        try server.psql("UPDATE files SET size = 0 WHERE id = 7", database: database)
        let changed = try await tool.run("verify", source, "sqlite:new.db")
        #expect(changed.status == 1)
        let missing = try await tool.run("count", url + "?layout=raw&table=nothing")
        #expect(missing.status != 0 && missing.error.split(separator: "\n").count == 1)
    }
}
