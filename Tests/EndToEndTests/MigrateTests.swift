import Foundation
import TestServers
import TestSupport
import Testing

/// Whole migrations by command, while a service goes on in a process of its own.
@Suite struct MigrateTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    /// The service holds the embedded target, so it does the work, and the commands reach it through the control store.
    @Test func aServiceMovesFromRedisToSQLiteAndBackAndAgain() async throws {
        let server = try await RedisServer.start()
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: server.url + "/1?accept=relaxed",
            source: server.url + "/0?accept=relaxed",
            target: "sqlite:new.db"
        )
        try await migration.fill(3_000)
        let plan = try await migration.run("plan", on: migration.url)
        #expect((plan.text("source"), plan.text("target"), plan.number("rows")) == ("redis", "sqlite", 3_000))

        let service = try tool.start(["exercise", migration.url, "--json", "--keys", "50"])
        try await migration.waitForClient()
        #expect(try await migration.run("start").text("mode") == "captured")
        let ready = try await migration.run("watch", "--until", "copied")
        #expect(ready.flag("ready") && ready.flag("copied") && ready.number("rows") >= 3_000)
        #expect(try await migration.run("verify").number("unproven") == 0)
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        #expect(try await migration.run("rollback").text("mode") == "captured")
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        #expect(try await migration.run("finalize").flag("over"))
        service.interrupt()
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(try await service.output().utf8)) as? [String: Any]
        )
        #expect(await service.status() == 0)
        #expect((report.number("lost"), report.number("unknown")) == (0, 0))
        #expect(report.number("writes") > 0)

        // The URL goes on to work, the target is a store like any other, and the source says where its records are.
        #expect(try await tool.output("get", migration.url, "p0", "7") == "7\n")
        #expect(try await tool.output("get", migration.target, "p0", "7") == "7\n")
        let moved = try await tool.run("get", migration.source, "p0", "7")
        #expect(moved.status == 1 && moved.error.contains("sqlite"))
        let history = try await tool.output("migrate", "history", migration.steering)
        #expect(history.contains("went from targetHeld to switched"))
        #expect(history.contains("went from targetHeld to sourceHeld"))
    }

    /// The process that holds SQLite and does the work is killed, and another goes on where it was.
    @Test func aKilledWorkerIsFollowedByAnother() async throws {
        let server = try await PostgreSQLServer.shared()
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await server.makeDatabase() + "?accept=relaxed",
            source: "sqlite:\(tool.directory.path)/old.db",
            target: try await server.makeDatabase() + "?accept=relaxed"
        )
        try await migration.fill(20_000)
        try await migration.run("plan", on: migration.url)
        let writer = try ChildProcess.storeWriter(migration.url, "write")
        var acknowledged: [String] = []
        #expect(writer.line() == "open")
        try await migration.run("start")
        for _ in 0..<200 { acknowledged.append(try #require(writer.line())) }
        writer.kill()
        acknowledged += writer.rest()

        // Nobody works any more; this process does, until there is nothing left to copy.
        let copied = try await migration.run("work", "--until", "copied", "--quiet", on: migration.url)
        #expect(copied.flag("ready") && copied.number("rows") >= 20_000)
        #expect(try await migration.run("cutover", on: migration.url).text("mode") == "switched")
        try await expectAll(acknowledged, in: migration.url)
        try await tool.output("put", migration.url, "p", "written at the target", "v")
        #expect(try await migration.run("rollback", on: migration.url).text("mode") == "captured")
        try await expectAll(acknowledged, in: migration.url)
        #expect(try await tool.output("get", migration.url, "p", "written at the target") == "v\n")
        #expect(try await migration.run("abort", on: migration.url).flag("aborted"))
        #expect(try await tool.output("get", migration.source, "p", "written at the target") == "v\n")
    }

    /// Every record that the writer was told of is there.
    private func expectAll(_ names: [String], in url: String) async throws {
        let lines = try await tool.output("scan", url, "acknowledged", "--keys-only").split(separator: "\n")
        let found = Set(lines.map { $0.split(separator: "\t").last.map(String.init) ?? "" })
        #expect(names.filter { !found.contains($0) || !found.contains($0 + "'") } == [])
    }

    /// Between servers, workers come and go beside a service that only follows.
    @Test func aMigrationIsPausedThrottledAndWatched() async throws {
        let server = try await RedisServer.start()
        let target = try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed"
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: server.url + "/1?accept=relaxed",
            source: server.url + "/0?accept=relaxed",
            target: target
        )
        try await migration.fill(5_000)
        try await migration.run("plan", "--marks-max", "100", "--hold-max", "5000", on: migration.url)
        try await migration.run("pause", on: migration.url)
        let worker = try tool.start(["migrate", "start", migration.url, "--quiet"])
        try await Patience.until { try await migration.run("status").text("mode") == "captured" }
        let paused = try await migration.run("status")
        #expect(paused.flag("paused") && (paused["limits"] as? [String])?.contains("copying is paused") == true)
        #expect((paused["workers"] as? [[String: Any]])?.count { $0.flag("leads") } == 1)
        let early = try await tool.run("migrate", "cutover", migration.steering)
        #expect(early.status == 1 && early.error.contains("not everything has been copied"))
        #expect(try await migration.run("throttle", "--rows", "100000").number("rowsPerSecondMax") == 100_000)
        #expect(try await migration.run("throttle", "--none")["rowsPerSecondMax"] is NSNull)
        worker.killAtOnce()
        #expect(await worker.status() == 128 + SIGKILL)

        let other = try tool.start(["migrate", "work", migration.url, "--quiet"])
        #expect(try await migration.run("resume").flag("paused") == false)
        #expect(try await migration.run("watch", "--until", "copied").flag("ready"))
        #expect(try await migration.run("cutover").text("mode") == "switched")
        let again = try await tool.run("migrate", "cutover", migration.steering)
        #expect(again.status == 1 && again.error.contains("no step leads there"))
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await other.status() == 0)
        let last = try await other.output()
        #expect(last.contains("finished: reads and writes at the target"))
        #expect(try await tool.output("count", target) == "5000\n")
    }
}
