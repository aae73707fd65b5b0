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

    @Test func aLegacyFilesServiceIsImported() async throws {
        let server = try await RedisServer.start()
        let id = "00000000-0000-4000-8000-000000000001"
        let part = "00000000000000000000000000000007/\(id)/10000000-0000-4000-8000-000000000001.png"
        let files = #"[{"type":"c-preview","filename":"\#(part)","contentLength":5,"bucket":"models"}]"#
        try server.cli(
            ["hset", "{ms-files}files-data:\(id)", "uploadId", id, "owner", "ann", "name", "Pier", "status", "3"]
                + ["startedAt", "1600000000000", "bucket", "models", "files", files]
        )
        try server.cli("hset", "{ms-files}files-ptr-user:ann", "pier", id)
        let source = server.url + "?layout=raw"
        let imported = try await tool.output("import", "files", source, "sqlite:files.db", "--quiet")
        #expect(imported == "1 upload saved, 1 alias.\n")
        let query = try await tool.output("query", "sqlite:files.db", "files", "upload", "owner = \"ann\"")
        #expect(query.contains("pier") && query.contains(id))

        // From a copy it is the same, and what is not carried is told.
        try server.cli("set", "{ms-files}files-data:damaged", "x")
        try await tool.output("copy", source, "sqlite:copy.db")
        let again = try await tool.run("import", "files", "sqlite:copy.db", "sqlite:files.db", "--quiet", "--json")
        let lines = again.output.split(separator: "\n")
        #expect(again.status == 1 && lines.count == 2 && again.error.contains("uploads: 1"))
        let finding = #"{"finding":"wrongType","loss":"upload","key":"{ms-files}files-data:damaged""#
        #expect(lines.first?.hasPrefix(finding) == true)
        #expect(lines.last?.hasPrefix(#"{"saved":0,"unchanged":1,"replaced":0,"lost":1,"aliases":1,"#) == true)
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
