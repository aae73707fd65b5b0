import Foundation
import TestServers
import TestSupport
import Testing

/// Services that write keys of their own to a Redis, and never heard of this tool, while their records move.
///
/// One after the other: each has servers, workers and writers of its own, which two processors are busy with.
@Suite(.serialized) struct ForeignRedisMigrationTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    /// Commands of a service, one after the other, each followed by the key and the value that it acknowledges. They end
    /// when the file is gone that is named first, be it with its folder. Values only grow; keys with a `d` are deleted at times.
    private static let commands = """
        while [ -e "$1" ]; do
          n=${EPOCHREALTIME//[.,]/}; k=k$((RANDOM % 199)); d=d$((RANDOM % 199)); sleep 0.002; echo PING || exit
          case $((RANDOM % 5)) in
          0) echo "LPUSH l$d $n"; echo "LTRIM l$d 0 5"; echo "RENAME l$d l$k" ;;
          1) echo "SET $d $n"; echo "DEL d$((RANDOM % 199))" ;;
          2) echo MULTI; echo "SET $k $n"; echo "HINCRBY counters $k 1"; echo EXEC; echo "ECHO \\"done $k $n\\"" ;;
          3) echo "EVAL \\"redis.call('set', 'computed', ARGV[1]) return redis.call('set', KEYS[1], ARGV[1])\\" 1 $k $n"
             echo "ECHO \\"done $k $n\\"" ;;
          *) echo "SET $k $n"; echo "ECHO \\"done $k $n\\"" ;;
          esac
        done
        """

    /// The last value of each key that the service was told of.
    private func acknowledged(_ lines: [String]) -> [String: Int] {
        var state: [String: Int] = [:]
        var last = ""
        for line in lines where !line.isEmpty {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 3, words[0] == "done", last == "OK" || Int(last) != nil {
                state[words[1]] = Int(words[2])
            }
            last = line
        }
        return state
    }

    /// A server that keeps all that it acknowledges, with keys in it.
    private func startServer(backlog: String) async throws -> RedisServer {
        let server = try await RedisServer.start([
            "--repl-diskless-sync-delay", "0", "--appendonly", "yes", "--appendfsync", "always",
            "--repl-backlog-size", backlog,
            "--user", "wherehouse", "on", ">tool", "~*", "&*", "+@all",
        ])
        for start in stride(from: 0, to: 4_000, by: 500) {
            try server.cli(["mset"] + (start..<start + 500).flatMap { ["old\($0)", "\($0)"] })
        }
        return server
    }

    /// What it is told goes into a file, so that it never waits for somebody to read that.
    private func startService(of server: RedisServer, while running: String) throws -> ChildProcess {
        #expect(FileManager.default.createFile(atPath: running, contents: nil))
        let script = """
            set -- '\(running)'
            (\(ForeignRedisMigrationTests.commands)) | redis-cli -p \(server.port) > "$1.told" 2>&1
            """
        return try ChildProcess("/bin/bash", ["-c", script])
    }

    /// Everything that the service was told of is there, or something that it wrote later; in the end it was refused.
    private func expectAcknowledged(_ lines: [String], at server: RedisServer) throws {
        #expect(lines.contains { $0.contains("NOPERM") })
        let state = acknowledged(lines)
        #expect(state.count > 20)
        let keys = state.keys.sorted()
        let own = ["--user", "wherehouse", "--pass", "tool", "--no-auth-warning"]
        let kept = try server.cli(own + ["mget"] + keys).split(separator: "\n", omittingEmptySubsequences: false)
        for (key, value) in zip(keys, kept) { #expect(Int(value) ?? 0 >= state[key] ?? 0, "\(key)") }
    }

    /// Nobody knows whether something was written while the server refused nobody.
    private func acknowledge(_ migration: Migrations) async throws {
        let early = try await tool.run("migrate", "finalize", migration.steering)
        #expect(early.status == 1 && early.error.contains("there may be more"), "\(early.error)")
        #expect(try await migration.run("status").flag("lateGap"))
        try await tool.output("migrate", "foreign", "acknowledge", migration.steering)
    }

    /// To either kind of store; while nothing else goes wrong, and while the stream is cut, the server is restarted, and its
    /// backlog is too short for the time without a worker.
    @Test(arguments: [false, true])
    func keysMoveWhileAServiceGoesOnWritingThem(isStormy: Bool) async throws {
        let server = try await startServer(backlog: isStormy ? "16384" : "64mb")
        let rules = try server.cli("acl", "list")
        let captured = "redis://wherehouse:tool@127.0.0.1:\(server.port)?layout=raw&capture=stream"
        let postgres = try await PostgreSQLServer.shared()
        let target =
            isStormy
            ? "sqlite:" + tool.directory.appending(path: "new.db").path
            : try await postgres.makeDatabase() + "?accept=relaxed"
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await postgres.makeDatabase() + "?accept=relaxed",
            source: captured.replacing("&", with: "%26"),
            target: target
        )
        let installed = try await tool.output("migrate", "foreign", "install", captured)
        #expect(installed.contains("replication stream of 127.0.0.1:\(server.port)"), "\(installed)")
        #expect(
            try await migration.run("plan", "--hold-max", "60000", on: migration.url).text("guarantee") == "streamed"
        )
        let running = tool.directory.appending(path: "running").path
        let writer = try startService(of: server, while: running)
        try await migration.run("throttle", "--rows", "2000", on: migration.url)
        let killed = try tool.start(["migrate", "start", migration.url, "--quiet"])
        try await Patience.until { try await migration.run("status").number("rows") > 0 }
        killed.killAtOnce()
        #expect(await killed.status() == 128 + SIGKILL)
        if isStormy {
            try server.cli("set", "large", String(repeating: "x", count: 40_000))
            server.kill()
            try server.restart()
        }
        try await migration.run("throttle", "--none", on: migration.url)
        let worker = try tool.start(["migrate", "work", migration.url, "--quiet"])
        if isStormy {
            var cuts = 0
            try await Patience.until {
                // Not for ever: each cut may lose changes, and then everything is compared anew.
                if cuts < 10 { try server.cli("client", "kill", "type", "replica") }
                cuts += 1
                return try await migration.run("status").flag("copied")
            }
        }
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")

        try FileManager.default.removeItem(atPath: running)
        try writer.finish()
        let told = try String(contentsOfFile: running + ".told", encoding: .utf8)
        try expectAcknowledged(told.split(separator: "\n").map(String.init), at: server)
        if isStormy {
            // Without a file of its users the server forgets whom it refuses, until it is told again.
            server.kill()
            try server.restart()
            try await Patience.until { try server.cli("del", "no such key").contains("NOPERM") }
        }
        if isStormy { try await acknowledge(migration) }
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await worker.status() == 0)
        _ = try await worker.output()
        let verified = try await tool.output("verify", captured, target)
        #expect(verified.hasPrefix("Equal: "), "\(verified)")
        let listed = try await tool.output("migrate", "foreign", "list", captured)
        #expect(listed.contains("gaps: ") == isStormy && listed.contains("writers are refused"), "\(listed)")

        try await tool.output("migrate", "foreign", "remove", captured, "--admit-writers")
        #expect(try server.cli("acl", "list") == rules)
        #expect(try server.cli("exists", "wherehouse:capture").hasPrefix("0"))
    }

    /// Somebody resets the rights of the users after the cutover, and the service goes on writing.
    @Test(arguments: [("stream", "streamed"), ("events", "notified")])
    func whatIsWrittenBehindTheCutoverIsToldByKey(way: String, guarantee: String) async throws {
        let server = try await RedisServer.start([
            "--repl-diskless-sync-delay", "0", "--notify-keyspace-events", "KA",
            "--user", "wherehouse", "on", ">tool", "~*", "&*", "+@all",
        ])
        try server.cli(["mset"] + (0..<300).flatMap { ["k\($0)", "old"] })
        let captured = "redis://wherehouse:tool@127.0.0.1:\(server.port)?layout=raw&capture=\(way)"
        let postgres = try await PostgreSQLServer.shared()
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await postgres.makeDatabase() + "?accept=relaxed",
            source: captured.replacing("&", with: "%26"),
            target: "sqlite:" + tool.directory.appending(path: "new.db").path
        )
        try await tool.output("migrate", "foreign", "install", captured)
        let planned = try await migration.run("plan", "--hold-max", "60000", on: migration.url)
        #expect(planned.text("guarantee") == guarantee)
        let worker = try tool.start(["migrate", "start", migration.url, "--quiet"])
        #expect(try await migration.run("watch", "--until", "copied").flag("ready"))
        try server.cli("set", "k1", "new")
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        let status = try await migration.run("status")
        #expect(status.text("guarantee") == guarantee && !status.flag("lateGap"))
        #expect(status["lateWrites"] as? [String] == [])

        // The worker may be faster than the service.
        let own = ["--user", "wherehouse", "--pass", "tool", "--no-auth-warning"]
        try await Patience.until {
            try server.cli(own + ["acl", "setuser", "default", "+@write"])
            return try server.cli("set", "k2", "late").contains("OK")
        }
        try await Patience.until { try await migration.run("status")["lateWrites"] as? [String] != [] }
        let late = try await migration.run("status")["lateWrites"] as? [String] ?? []
        #expect(late.count == 1 && late.first?.hasSuffix("/k2") == true, "\(late)")
        try await Patience.until { try server.cli("set", "k2", "later").contains("NOPERM") }
        let early = try await tool.run("migrate", "finalize", migration.steering)
        #expect(early.status == 1 && early.error.contains("foreign acknowledge"), "\(early.error)")
        try await tool.output("migrate", "foreign", "acknowledge", migration.steering)
        #expect(try await migration.run("status")["lateWrites"] as? [String] == [])
        #expect(try await migration.run("finalize").flag("over"))
        #expect(await worker.status() == 0)
        _ = try await worker.output()
    }
}
