import Foundation
import LegacyService
import TestServers
import TestSupport
import Testing

/// The uploads of a files service in Redis that goes on writing, brought over by command.
@Suite struct FollowingImportTests {
    private let tool: Tool

    init() throws { tool = try Tool() }

    /// Every upload, with all of its fields, a line each.
    private func uploads(in store: String) async throws -> [String] {
        let found = try await tool.output("query", store, "files", "upload", "--limit", "1000")
        return found.split(separator: "\n").map(String.init).sorted()
    }

    private func report(_ outcome: Tool.Outcome) throws -> [String: Any] {
        let last = outcome.output.split(separator: "\n").last.map(String.init) ?? ""
        let report = try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any] ?? [:]
        // Uploads that can't be carried as they are make the status.
        #expect(outcome.status == (report.number("lost") == 0 ? 0 : 1), "\(outcome)")
        return report
    }

    @Test func nothingIsLostThoughTheImportWasKilled() async throws {
        let legacy = try await LegacyFiles.followed()
        for number in 101...106 { try legacy.make(number, "ann", tags: ["t1"], alias: "b\(number)") }
        let source = legacy.url(capturing: "stream") + "&timeout=600"
        let target = try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed"
        let command = ["import", "files", source, target, "--follow", "--quiet"]
        let early = try await tool.run(command)
        #expect(early.status == 2 && early.error.contains("install capture"), "\(early)")
        try await tool.output("migrate", "foreign", "install", source)

        // While the service is at rest.
        let first = try await tool.run(command + ["--until", "caught-up"])
        #expect(first.status == 0 && first.output.hasPrefix("6 uploads compared, "), "\(first)")
        #expect(first.output.contains("It was caught up."), "\(first)")
        let before = try await uploads(in: target)
        #expect(before.count == 6)

        // While it writes.
        let service = try LegacyWriter(legacy, tool.directory.appending(path: "commands").path)
        let killed = try tool.start(command)
        try await Patience.until { try await uploads(in: target) != before }
        killed.killAtOnce()
        #expect(await killed.status() == 128 + SIGKILL)
        let followed = try report(try await tool.run(command + ["--until", "frozen", "--json"]))
        try await service.endRefused()
        #expect(followed.text("guarantee") == "streamed" && followed.number("behind") == 0, "\(followed)")
        #expect(followed.number("comparisons") == 1 && followed.number("changes") > 0, "\(followed)")

        // What it left is what an import of that brings over.
        let expected = "sqlite:" + tool.directory.appending(path: "expected.db").path
        let imported = try report(try await tool.run("import", "files", legacy.url, expected, "--quiet", "--json"))
        #expect(imported.number("lost") == followed.number("lost"))
        let found = try await uploads(in: target)
        #expect(found.count > 10)
        #expect(try await uploads(in: expected) == found)
    }
}
