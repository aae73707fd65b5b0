import Foundation
import TestServers
import TestSupport
import Testing

/// What the command says of a store's contents, held against what the database's own tools read.
@Suite struct DigestTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private func lines(_ count: Int) -> String {
        var generator = SeededGenerator(seed: 9)
        return (0..<count).map { index in
            let (partition, key) = (Data(generator.bytes(2)), Data(generator.bytes(7)))
            let rest =
                index % 9 == 0
                ? #""tombstone":true"#
                : #""valueBase64":"\#(Data(generator.bytes(index % 300)).base64EncodedString())""#
            let space = index % 4 == 0 ? #""space":"reserved-data","# : ""
            return #"{\#(space)"partitionBase64":"\#(partition.base64EncodedString())","#
                + #""keyBase64":"\#(key.base64EncodedString())",\#(rest)}"# + "\n"
        }.joined()
    }

    /// The lines that another program's reading of the store makes, and the number and digest that yet another computes
    /// of them.
    private func expectAgreement(_ url: String, with lines: String) async throws {
        #expect(try await tool.output("digest", url, "--lines") == lines)
        #expect(lines.split(separator: "\n").count == 622)
        // The hash that anybody compares.
        try Data(lines.utf8).write(to: tool.directory.appending(path: "lines"))
        let own = try await tool.shell(#"set -e; "$0" digest '\#(url)' --lines --quiet | sha256sum"#)
        #expect(own.output == (try await tool.shell("sha256sum < lines").output))

        let seed = "000102030405060708090a0b0c0d0e0f"
        let computed = try await tool.shell("python3 -B '\(try foreign("digest"))' \(seed) < lines")
        let words = computed.output.split(whereSeparator: \.isWhitespace)
        try #require(words.count == 2)
        #expect(
            try await tool.output("digest", url, "--seed", seed, "--json")
                == #"{"records":\#(words[0]),"seed":"\#(seed)","digest":"\#(words[1])"}"# + "\n"
        )
        guard url != "sqlite:a.db" else { return }
        let verified = try await tool.output("verify", "sqlite:a.db", url, "--seed", seed)
        #expect(verified == "Equal: \(words[0]) records in both, digest \(words[1]) under seed \(seed).\n")
        // And where they differ: by a record less, and by a value.
        try await tool.output("delete", url, "p", "one")
        try await tool.output("put", url, "p", "two", "changed")
        let differing = try await tool.run("verify", "sqlite:a.db", url)
        #expect((differing.status, differing.output) == (1, "missing\tp/one\ndifferent\tp/two\n"))
        #expect(differing.error.contains("first: 622, missing: 1, second: 621"))
    }

    private func foreign(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: name, withExtension: "py", subdirectory: "Foreign")).path
    }

    /// 620 random records and two that are known, 78 tombstones.
    private func fill() async throws {
        let known = ["one", "two"].map { #"{"partition":"p","key":"\#($0)","value":"v"}"# + "\n" }.joined()
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines(698) + known)
    }

    @Test func agreesWithTheShellOfSQLite() async throws {
        try await fill()
        let query = [("records", "records"), ("reserved-data", "reserved_data")].map { space, table in
            "SELECT '\(space) ' || lower(hex(p)) || ' ' || lower(hex(k)) || ' ' || lower(hex(v)) FROM \(table) "
                + "WHERE v IS NOT NULL ORDER BY p, k;"
        }.joined(separator: " ")
        try await expectAgreement("sqlite:a.db", with: try tool.program("/usr/bin/sqlite3", "-readonly", "a.db", query))
    }

    @Test func agreesWithTheShellOfPostgreSQL() async throws {
        try await fill()
        let server = try await PostgreSQLServer.shared()
        let base = try await server.makeDatabase()
        let database = String(base.split(separator: "/").last ?? "")
        let url = base + "?accept=relaxed"
        try await tool.output("copy", "sqlite:a.db", url)
        let query = """
            SELECT CASE s WHEN 0 THEN 'records' ELSE 'reserved-data' END || ' ' || encode(p, 'hex') || ' '
                || encode(k, 'hex') || ' ' || encode(v, 'hex')
            FROM wherehouse.entries WHERE s < 2 AND v IS NOT NULL ORDER BY s, p, k
            """
        let count = try server.psql(
            "SELECT count(*) FROM wherehouse.entries WHERE s = 0 AND v IS NOT NULL",
            database: database
        )
        #expect(try await tool.output("count", url) == count)
        try await expectAgreement(url, with: try server.psql(query, database: database))
    }

    @Test func agreesWithTheShellOfRedis() async throws {
        try await fill()
        let server = try await RedisServer.start()
        let url = server.url + "?accept=relaxed"
        try await tool.output("copy", "sqlite:a.db", url)
        let read = try await tool.shell("python3 -B '\(try foreign("redis_lines"))' \(server.port)")
        #expect((read.status, read.error) == (0, ""))
        try await expectAgreement(url, with: read.output)
    }

    @Test func tellsTheSameOfACopy() async throws {
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines(300))
        try await tool.output("copy", "sqlite:a.db", "sqlite:b.db")
        let seed = String(repeating: "5a", count: 16)
        let first = try await tool.output("digest", "sqlite:a.db", "--seed", seed, "--json")
        #expect(try await tool.output("digest", "sqlite:b.db", "--seed", seed, "--json") == first)
        #expect(first.hasPrefix(#"{"records":266,"seed":"\#(seed)","digest":""#))
        try await tool.output("put", "sqlite:b.db", "p", "k", "v")
        #expect(try await tool.output("digest", "sqlite:b.db", "--seed", seed, "--json") != first)
        // Without a seed each run draws its own.
        let (one, other) = (
            try await tool.output("digest", "sqlite:a.db"), try await tool.output("digest", "sqlite:a.db")
        )
        #expect(one != other)
    }
}
