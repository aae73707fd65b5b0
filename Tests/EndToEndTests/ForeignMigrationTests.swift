import Foundation
import TestServers
import TestSupport
import Testing

/// Services that write layouts of their own, and never heard of this tool, while their records move.
@Suite struct ForeignMigrationTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    /// What a writer was told is there: the last value of each key, nil for one that was deleted.
    private func acknowledged(_ lines: [Substring]) -> [String: String?] {
        var state: [String: String?] = [:]
        for line in lines {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            if words.count == 2 { state[words[0]] = .some(words[1].isEmpty ? nil : words[1]) }
        }
        return state
    }

    /// Statements of a service, one after the other, each followed by what it did once that is committed: a key and its
    /// value, or nothing behind the key.
    private static let statements = """
        n=0
        while :; do
          n=$((n + 1)); k=$((n * 7 % 499)); j=$((n * 11 % 499 + 2000)); sleep 0.002
          echo "-- next" || exit
          case $((n % 4)) in
          0) echo "DELETE FROM files WHERE k = $k;"; echo "\\echo $k ''" ;;
          1) echo "BEGIN; INSERT INTO files VALUES ($k, '$n') ON CONFLICT (k) DO UPDATE SET v = '$n';"
             echo "INSERT INTO files VALUES ($j, '$n') ON CONFLICT (k) DO UPDATE SET v = '$n'; COMMIT;"
             echo "\\echo $k $n"; echo "\\echo $j $n" ;;
          *) echo "INSERT INTO files VALUES ($k, '$n') ON CONFLICT (k) DO UPDATE SET v = '$n';"; echo "\\echo $k $n" ;;
          esac
        done
        """

    @Test func aTableMovesWhileAServiceGoesOnWritingIt() async throws {
        let server = try await PostgreSQLServer.shared()
        let legacy = try await server.makeDatabase()
        let database = String(legacy.split(separator: "/").last ?? "")
        try server.psql(
            """
            CREATE TABLE files (k bigint PRIMARY KEY, v text); \
            INSERT INTO files SELECT n, 'old' FROM generate_series(1, 6000) n
            """,
            database: database
        )
        let captured = legacy + "?layout=raw&capture=triggers"
        let target = try await server.makeDatabase() + "?accept=relaxed"
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await server.makeDatabase() + "?accept=relaxed",
            source: captured.replacing("&", with: "%26"),
            target: target
        )
        let early = try await tool.run("migrate", "plan", migration.url)
        #expect(early.status == 2 && early.error.contains("install capture"), "\(early.error)")
        let installed = try await tool.output("migrate", "foreign", "install", captured)
        #expect(installed.contains("trigger wherehouse_capture on public.files"))
        #expect(installed.contains("Capture is installed, writers are admitted."))
        #expect(try await migration.run("plan", "--hold-max", "60000", on: migration.url).text("guarantee") == "marked")

        let script = "(\(ForeignMigrationTests.statements)) | psql -Xq -v ON_ERROR_STOP=1 '\(legacy)' 2>&1"
        let writer = try ChildProcess("/bin/bash", ["-c", script])
        try await migration.run("throttle", "--rows", "2000", on: migration.url)
        let killed = try tool.start(["migrate", "start", migration.url, "--quiet"])
        try await Patience.until { try await migration.run("status").number("rows") > 0 }
        killed.killAtOnce()
        #expect(await killed.status() == 128 + SIGKILL)
        try await migration.run("throttle", "--none", on: migration.url)
        let worker = try tool.start(["migrate", "work", migration.url, "--quiet"])
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")

        // The service ends with an error: nothing that it was told of is missing.
        let lines = writer.rest().map { $0[...] }
        let state = acknowledged(lines)
        #expect(lines.contains { $0.contains("are in another store, or are being moved there") })
        #expect(state.count > 20)
        // The one table was copied in ranges.
        let ranges = try await migration.run("status")["ranges"] as? [[String: Any]]
        #expect(try #require(ranges).count { ($0["rows"] as? Int ?? 0) > 100 } > 8)
        let rows = try server.psql("SELECT k || ' ' || v FROM files WHERE v <> 'old'", database: database)
        let kept = acknowledged(rows.split(separator: "\n"))
        for (key, value) in state { #expect((kept[key] ?? nil) == value, "\(key)") }
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await worker.status() == 0)
        _ = try await worker.output()
        let verified = try await tool.output("verify", legacy + "?layout=raw", target)
        #expect(verified.hasPrefix("Equal: "), "\(verified)")

        let refused = try await tool.run("migrate", "foreign", "remove", captured)
        #expect(refused.status == 1 && refused.error.contains("--admit-writers"))
        #expect(throws: (any Error).self) { try server.psql("DELETE FROM files", database: database) }
        try await tool.output("migrate", "foreign", "remove", captured, "--admit-writers")
        try server.psql("DELETE FROM files", database: database)
    }

    @Test func aForeignMigrationIsTakenBackBeforeAnythingIsWritten() async throws {
        let server = try await PostgreSQLServer.shared()
        let legacy = try await server.makeDatabase()
        let database = String(legacy.split(separator: "/").last ?? "")
        try server.psql("CREATE TABLE t (k int PRIMARY KEY); INSERT INTO t VALUES (1), (2)", database: database)
        let captured = legacy + "?layout=raw&capture=triggers"
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await server.makeDatabase() + "?accept=relaxed",
            source: captured.replacing("&", with: "%26"),
            target: try await server.makeDatabase() + "?accept=relaxed"
        )
        try await tool.output("migrate", "foreign", "install", captured)
        try await migration.run("plan", "--hold-max", "60000", on: migration.url)
        let worker = try tool.start(["migrate", "start", migration.url, "--quiet"])
        #expect(try await migration.run("watch", "--until", "copied").flag("ready"))
        #expect(try await migration.run("cutover").text("mode") == "switched")
        #expect(try await migration.run("rollback").text("mode") == "captured")
        // The service writes again, and it is carried over as before.
        try server.psql("DELETE FROM t WHERE k = 1; INSERT INTO t VALUES (3)", database: database)
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        // Somebody gets around the fence: that is told, and carried over after a rollback.
        try server.psql(
            """
            ALTER TABLE t DISABLE TRIGGER wherehouse_fence; INSERT INTO t VALUES (4); \
            ALTER TABLE t ENABLE ALWAYS TRIGGER wherehouse_fence
            """,
            database: database
        )
        try await Patience.until { try await migration.run("status")["lateWrites"] as? [String] != [] }
        let early = try await tool.run("migrate", "finalize", migration.steering)
        #expect(early.status == 1 && early.error.contains("foreign acknowledge"), "\(early.error)")
        #expect(try await migration.run("rollback").text("mode") == "captured")
        #expect(try await migration.run("status")["lateWrites"] as? [String] == [])
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        let partition = "public.t"
        #expect(
            try await tool.output("scan", migration.url, partition, "--keys-only").split(separator: "\n").count == 3
        )
        // What is written at the target now can't be carried back.
        try await tool.output("put", migration.url, "p", "k", "v")
        let refused = try await tool.run("migrate", "rollback", migration.steering)
        #expect(refused.status == 1 && refused.error.contains("nothing can be carried back"), "\(refused.error)")
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await worker.status() == 0)
        _ = try await worker.output()
    }

    @Test func aViewThatNothingIsKnownOfMovesOnItsOperatorsWord() async throws {
        let server = try await RedisServer.start()
        try server.cli(["mset"] + (0..<300).flatMap { ["k\($0)", "old"] })
        let postgres = try await PostgreSQLServer.shared()
        let target = try await postgres.makeDatabase() + "?accept=relaxed"
        let source = server.url + "?layout=raw"
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await postgres.makeDatabase() + "?accept=relaxed",
            source: source,
            target: target
        )
        #expect(try await migration.run("plan", on: migration.url).text("guarantee") == "scanned")
        let worker = try tool.start(["migrate", "start", migration.url, "--quiet"])
        #expect(try await migration.run("watch", "--until", "copied").flag("ready"))
        let early = try await tool.run("migrate", "cutover", migration.steering)
        #expect(early.status == 1 && early.error.contains("migrate foreign freeze"), "\(early.error)")
        // Nothing has told of these.
        try server.cli("set", "k1", "new")
        try server.cli("del", "k2")
        try server.cli("set", "new", "new")
        try await tool.output("migrate", "foreign", "freeze", migration.steering)
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await worker.status() == 0)
        _ = try await worker.output()
        let verified = try await tool.output("verify", source, target)
        #expect(verified.hasPrefix("Equal: 300 records"), "\(verified)")
    }
}
