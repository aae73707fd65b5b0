import Foundation
import TestServers
import Testing

/// What is wrong about a migration is told in one line, by every command, and what is told in JSON keeps its names.
@Suite struct MigrateInputTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    @Test(arguments: [
        (["status"], "Missing expected argument '<migration>' (help: wherehouse migrate status --help)"),
        (["status", "redis://host"], "A migration is named by a URL such as migration:files?control=URL"),
        (["status", "migration:?control=redis://host"], "The name of the migration stands behind migration:"),
        (["status", "migration://a/b?control=redis://host"], "The name of the migration stands behind migration:"),
        (["status", "migration:a"], "needs the option control"),
        (["status", "migration:a?control=redis://host&colour=red"], "option: colour"),
        (["status", "migration:a?control=redis://host&host=perhaps"], "The option host is yes or no."),
        (["status", "migration:a?control=sqlite:c.db"], "There is no database at this path"),
        (["status", "migration:a?control=migration:b?control=c"], "can't be a part of another"),
        (["plan", "migration:a?control=redis://host"], "needs the options source and target here."),
        (
            ["plan", "migration:a?control=redis://host&source=sqlite:a.db&target=sqlite:a.db"],
            "two of them are one here."
        ),
        (
            ["plan", "migration:a?control=redis://host&source=redis://host&target=sqlite:a.db"],
            "two of them are one here."
        ),
        (["plan", "migration:a?control=redis://host&source=a&target=b"], "begins with its kind"),
        (["plan", "migration:a?control=redis://host", "--hold-max", "0"], "--hold-max is from 1 to 3600000."),
        (["throttle", "migration:a?control=redis://host"], "Give --rows, --bytes, --latency, --hours or --none."),
        (["throttle", "migration:a?control=redis://host", "--rows", "0"], "to stop copying, pause."),
        (["watch", "migration:a?control=redis://host", "--until", "noon"], "'noon'"),
        (["start", "migration:a?control=redis://host", "--copiers", "0"], "--copiers is from 1 to 64."),
    ])
    func wrongUsageIsStatus2(arguments: [String], expected: String) async throws {
        try await expectOneLine(["migrate"] + arguments, status: 2, expected)
    }

    private func expectOneLine(_ arguments: [String], status: Int32, _ expected: String) async throws {
        let outcome = try await tool.run(arguments)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
        #expect(outcome.error.contains(expected), "\(outcome.error)")
        #expect(outcome.error.hasPrefix("wherehouse: "))
        #expect(outcome.error.filter { $0 == "\n" }.count == 1)
    }

    @Test func migrationsThatDoNotFitAreRefused() async throws {
        let server = try await RedisServer.start()
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: server.url + "/1?accept=relaxed",
            source: server.url + "/0?accept=relaxed",
            target: "sqlite:new.db"
        )
        for command in ["status", "cutover", "watch", "history", "pause"] {
            try await expectOneLine(
                ["migrate", command, migration.steering],
                status: 2,
                "There is no migration of this name: plan one first."
            )
        }
        try await expectOneLine(["get", migration.url, "p", "k"], status: 2, "There is no migration of this name")
        // A control store in a file can't be reached by the service and the operator at once.
        try await tool.output("put", "sqlite:control.db", "p", "k", "v")
        try await expectOneLine(
            ["migrate", "status", "migration:a?control=sqlite:control.db"],
            status: 2,
            "A migration is controlled from a store that several processes reach"
        )
        try await migration.fill(10)
        try await tool.output("put", "sqlite:full.db", "p", "k", "v")
        try await expectOneLine(
            ["migrate", "plan", migration.steering + "&source=\(migration.source)&target=sqlite:full.db"],
            status: 2,
            "empty"
        )
        try await migration.run("plan", on: migration.url)
        try await expectOneLine(["migrate", "plan", migration.url], status: 2, "already: choose another")
        // Steps that the mode does not allow, and that nobody is there to make.
        try await expectOneLine(["migrate", "rollback", migration.url], status: 1, "no step leads there")
        try await expectOneLine(["migrate", "finalize", migration.url], status: 1, "no step leads there")
        try await expectOneLine(
            ["migrate", "work", migration.steering],
            status: 2,
            "Name source and target: work needs both."
        )
        // Whoever opens the target by its own URL is told apart from the migration.
        try await expectOneLine(["put", "sqlite:new.db", "p", "k", "v"], status: 1, "epoch")
    }

    private static let status = [
        "name", "source", "target", "epoch", "mode", "settled", "copied", "ready", "over", "aborted", "rows", "bytes",
        "totalRows", "rowsPerSecond", "secondsLeft", "marks", "unproven", "differences", "ranges", "clients", "workers",
        "paused", "rowsPerSecondMax", "bytesPerSecondMax", "latencyPercentMax", "hours", "holdMaxMilliseconds",
        "marksMax", "limits", "last", "guarantee", "lateWrites", "lateGap",
    ]

    @Test func fieldsKeepTheirNames() async throws {
        let server = try await RedisServer.start()
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: server.url + "/1?accept=relaxed",
            source: server.url + "/0?accept=relaxed",
            target: "sqlite:new.db"
        )
        try await migration.fill(10)
        let expected = [
            ("plan", ["name", "source", "target", "rows"]), ("status", MigrateInputTests.status),
            ("pause", MigrateInputTests.status), ("resume", MigrateInputTests.status),
            ("history", ["number", "time", "actor", "text"]),
        ]
        for (command, names) in expected {
            let found = try await migration.run(command, on: migration.url).keys.sorted()
            #expect(found == names.sorted(), "\(command)")
        }
        let ended = try await migration.run("start", "--until", "copied", "--quiet", on: migration.url)
        #expect(ended.keys.sorted() == MigrateInputTests.status.sorted())
        let range = try #require((ended["ranges"] as? [[String: Any]])?.first)
        #expect(range.keys.sorted() == ["bytes", "copied", "rows", "space"])
        let worker = try #require((ended["workers"] as? [[String: Any]])?.first)
        #expect(worker.keys.sorted() == ["hindrance", "leads", "name"])
    }

    @Test func anExerciseFindsWhatWasLost() async throws {
        let good = try await tool.run("exercise", "sqlite:a.db", "--seconds", "1", "--json")
        #expect((good.status, good.error) == (0, ""))
        let report = try JSONSerialization.jsonObject(with: Data(good.output.utf8)) as? [String: Any]
        #expect(
            report?.keys.sorted() == [
                "deletes", "longestMilliseconds", "lost", "reads", "refused", "unknown", "writes",
            ]
        )
        let bad = try await tool.run("exercise", "sqlite:a.db", "--seconds", "1", "--lose-one")
        #expect(bad.status == 1)
        #expect(bad.output.hasSuffix("1 lost.\n"))
        #expect(bad.error.contains("exercise/0-0"))
    }
}
