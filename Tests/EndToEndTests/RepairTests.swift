import TestServers
import TestSupport
import Testing

/// What somebody does to the target behind the back of a migration.
@Suite struct RepairTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    @Test func aDifferenceThatSomebodyMadeIsFoundAndRepairedBeforeTheCutover() async throws {
        let server = try await PostgreSQLServer.shared()
        let target = try await server.makeDatabase()
        let migration = Migrations(
            tool: tool,
            name: "repaired",
            control: try await server.makeDatabase() + "?accept=relaxed",
            source: try await server.makeDatabase() + "?accept=relaxed",
            target: target + "?accept=relaxed"
        )
        try await migration.fill(100)
        try await migration.run("plan", on: migration.url)
        let worker = try tool.start(["migrate", "start", migration.url, "--quiet"])
        #expect(try await migration.run("watch", "--until", "copied").flag("ready"))
        let database = String(target.split(separator: "/").last ?? "")
        try server.psql(
            """
            DELETE FROM wherehouse.entries WHERE s = 0 AND k = '8'; \
            UPDATE wherehouse.entries SET v = 'spoilt' WHERE s = 0 AND k = '7'
            """,
            database: database
        )
        let found = try await tool.run("migrate", "verify", migration.steering)
        #expect(found.status == 1, "\(found.output) \(found.error)")
        #expect(try await migration.run("status")["differences"] as? [String] ?? [] != [])
        #expect(try await tool.run("migrate", "cutover", migration.steering).status == 1)
        try await migration.run("repair")
        try await migration.run("verify")
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        #expect(try await tool.output("get", migration.url, "p0", "7") == "7\n")
        #expect(try await tool.output("get", migration.url, "p1", "8") == "8\n")
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await worker.status() == 0)
        _ = try await worker.output()
    }
}
