import Foundation
import Testing

/// Dumps as people use them: files, pipes, and what can go wrong with both.
@Suite struct DumpTests {
    /// A store of this many records, some of them large enough that a dump has many blocks.
    private func filled(_ tool: Tool, _ count: Int = 300) async throws {
        let lines = (0..<count).map { index in
            let value = String((0..<200).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "a" })
            return #"{"partition":"p\#(index % 3)","key":"\#(index)","value":"\#(value)"}"#
        }
        let deleted = #"{"partition":"q","key":"gone","tombstone":true}"#
        let reserved = #"{"space":"reserved-data","partition":"q","keyBase64":"/w==","value":"r"}"#
        let input = (lines + [deleted, reserved]).joined(separator: "\n")
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: input)
    }

    private func data(_ tool: Tool, _ name: String) throws -> Data {
        try Data(contentsOf: tool.directory.appending(path: name))
    }

    @Test func filesComeBack() async throws {
        let tool = try Tool()
        try await filled(tool)
        #expect(
            try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
                == "302 rows dumped, as of one moment.\n"
        )
        #expect(try await tool.output("restore", "--dry-run", "--input", "a.dump") == "The dump is whole: 302 rows.\n")
        #expect(
            try await tool.output("restore", "sqlite:b.db", "--input", "a.dump")
                == "302 records written.\n"
        )
        for space in ["records", "reserved-data"] {
            #expect(
                try await tool.output("scan", "sqlite:b.db", "--json", "--tombstones", "--space", space)
                    == tool.output("scan", "sqlite:a.db", "--json", "--tombstones", "--space", space)
            )
        }
        #expect(try tool.files("partial") == [])
    }

    @Test func linesAreThoseOfScan() async throws {
        let tool = try Tool()
        try await filled(tool)
        let lines = try await tool.output("dump", "sqlite:a.db", "--format", "ndjson")
        let records = try await tool.output("scan", "sqlite:a.db", "--json", "--tombstones")
        let reserved = try await tool.output("scan", "sqlite:a.db", "--json", "--space", "reserved-data")
        #expect(lines == records + reserved)
        let fewer = try await tool.output("dump", "sqlite:a.db", "--format", "ndjson", "--no-tombstones")
        #expect(fewer == (try await tool.output("scan", "sqlite:a.db", "--json")) + reserved)
    }

    @Test func filesAreNotReplacedUnasked() async throws {
        let tool = try Tool()
        try await filled(tool, 3)
        try Data("mine".utf8).write(to: tool.directory.appending(path: "a.dump"))
        #expect(try await tool.run("dump", "sqlite:a.db", "--output", "a.dump").status == 2)
        #expect(try data(tool, "a.dump") == Data("mine".utf8))
        #expect(try await tool.run("dump", "sqlite:a.db", "--output", "a.dump", "--force").status == 0)
        #expect(try await tool.run("restore", "--dry-run", "--input", "a.dump").status == 0)
    }

    @Test func damagedFilesWriteNothing() async throws {
        let tool = try Tool()
        try await filled(tool, 6_000)
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        var damaged = try data(tool, "a.dump")
        damaged[damaged.count - 1_000] ^= 1
        try damaged.write(to: tool.directory.appending(path: "b.dump"))
        for arguments in [["--dry-run"], ["sqlite:b.db"], ["sqlite:b.db", "--if-exists", "replace"]] {
            let running = try tool.start(["restore", "--input", "b.dump"] + arguments)
            #expect(await running.status() == 1)
            #expect(try running.error().contains("The dump is damaged"))
        }
        #expect(try tool.files("b.db") == [])
        let text = try await tool.run("restore", "sqlite:b.db", input: "no dump")
        #expect(text.status == 1)
        #expect(text.error.contains("This is not a dump"))
        #expect(try tool.files("b.db") == [])
    }

    @Test func takenKeysAreFoundBeforeWriting() async throws {
        let tool = try Tool()
        try await filled(tool, 30)
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        try await tool.output("put", "sqlite:b.db", "p1", "1", "mine")
        let outcome = try await tool.run("restore", "sqlite:b.db", "--input", "a.dump", "--if-exists", "fail")
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("key: p1/1"))
        #expect(try await tool.output("count", "sqlite:b.db") == "1\n")
        try await tool.output("restore", "sqlite:b.db", "--input", "a.dump")
        #expect(try await tool.output("get", "sqlite:b.db", "p1", "1").contains("mine"))
        try await tool.output("restore", "sqlite:b.db", "--input", "a.dump", "--if-exists", "replace")
        try await tool.output("verify", "sqlite:a.db", "sqlite:b.db")
    }

    /// What is killed in the middle is finished by another run, whatever was written.
    @Test(arguments: ["skip", "replace"]) func killedRestoresAreFinished(_ policy: String) async throws {
        let tool = try Tool()
        try await filled(tool, 8_000)
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        let dump = try data(tool, "a.dump")
        #expect(dump.count > 400_000)
        let pipe = Pipe()
        let running = try tool.start(
            ["restore", "sqlite:b.db", "--if-exists", policy],
            input: pipe.fileHandleForReading
        )
        // Returns when all but what fits into the pipe was read; the rest never comes.
        try pipe.fileHandleForWriting.write(contentsOf: dump.dropLast(1_000))
        #expect(running.isRunning)
        running.killAtOnce()
        #expect(await running.status() == 128 + SIGKILL)
        try await tool.output(
            "restore",
            "sqlite:b.db",
            "--input",
            "a.dump",
            "--if-exists",
            policy
        )
        try await tool.output("verify", "sqlite:a.db", "sqlite:b.db")
    }

    @Test func whatIsInterruptedLeavesNoFile() async throws {
        let tool = try Tool()
        try await filled(tool, 8_000)
        // Nobody reads the pipe, so the dump waits when it is full.
        let running = try tool.start(["dump", "sqlite:a.db", "--format", "ndjson"])
        #expect(try !running.firstOutput().isEmpty)
        running.interrupt()
        #expect(await running.status() == 130)
        let full = try await tool.run("dump", "sqlite:a.db", "--output", "missing/a.dump")
        #expect(full.status == 2)
        #expect(full.error.split(separator: "\n").count == 1)
        #expect(try tool.files("dump") == [])
    }
}
