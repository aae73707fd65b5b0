import Foundation
import Testing

/// What is in the way of a dump's file, and what others left there.
@Suite struct DumpFileTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private func fill() async throws {
        var generator = SystemRandomNumberGenerator()
        let lines = (0..<2_000).map { index in
            let value = Data((0..<150).map { _ in UInt8.random(in: 0...255, using: &generator) }).base64EncodedString()
            return #"{"partition":"p","key":"\#(index)","valueBase64":"\#(value)"}"# + "\n"
        }
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines.joined())
    }

    @Test(arguments: ["binary", "ndjson"]) func noRoomIsToldWithTheRemedy(form: String) async throws {
        try await fill()
        let full = try await tool.shell(#"exec "$0" dump sqlite:a.db --quiet --format \#(form) > /dev/full"#)
        #expect((full.status, full.output) == (1, ""))
        #expect(
            full.error
                == "wherehouse: There is no room for the output: make some, or write it elsewhere. "
                + "(errno: 28, path: -, reason: No space left on device)\n"
        )
        // In units of 512 bytes: more than what opening the store takes, and less than the dump.
        let limited = try await tool.shell(
            #"ulimit -f 200; exec "$0" dump sqlite:a.db --quiet --format \#(form) --output a.dump"#
        )
        #expect(limited.status == 1)
        #expect(
            limited.error
                == "wherehouse: The output is larger than files may be here: raise the limit, or write it elsewhere. "
                + "(errno: 27, path: a.dump, reason: File too large)\n"
        )
        #expect(try tool.files("dump") == [])
    }

    @Test func whatAKilledDumpLeftIsTakenOver() async throws {
        try await fill()
        let partial = tool.directory.appending(path: "a.dump.partial")
        try Data(repeating: 7, count: 5_000_000).write(to: partial)
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        #expect(try tool.files("dump") == ["a.dump"])
        #expect(try await tool.output("restore", "--dry-run", "--input", "a.dump").contains("2,000 rows"))
        let path = tool.directory.appending(path: "a.dump").path
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // What is refused leaves nothing either.
        try Data(repeating: 7, count: 5).write(to: partial)
        #expect(try await tool.run("dump", "sqlite:a.db", "--output", "a.dump").status == 2)
        #expect(try tool.files("dump") == ["a.dump"])
    }

    @Test func onlyFilesAreReplaced() async throws {
        try await fill()
        try #require(mkfifo(tool.directory.appending(path: "pipe").path, 0o600) == 0)
        try FileManager.default.createDirectory(
            at: tool.directory.appending(path: "directory"),
            withIntermediateDirectories: false
        )
        try #require(mkfifo(tool.directory.appending(path: "b.dump.partial").path, 0o600) == 0)
        for name in ["pipe", "directory", "b.dump"] {
            let outcome = try await tool.run("dump", "sqlite:a.db", "--output", name, "--force")
            #expect(outcome.status == 2)
            #expect(outcome.error.hasPrefix("wherehouse: The output is no ordinary file: name one, "))
            #expect(outcome.error.filter { $0 == "\n" }.count == 1)
        }
        #expect(try tool.files("pipe") == ["pipe"])
    }

    /// What comes through a pipe makes no store before its header is known to be whole.
    @Test func damagedHeadersMakeNoStore() async throws {
        try await fill()
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        let dump = try Data(contentsOf: tool.directory.appending(path: "a.dump"))
        // 25 bytes, the name of the kind, and the check.
        let header = 25 + "sqlite".count + 16
        var streams = [0, 3, 8, 24, header - 1].map { dump.prefix($0) }
        for index in [0, 9, 13, 20, 24, 27, header - 1] {
            var damaged = dump
            damaged[index] ^= 0x40
            streams.append(damaged)
        }
        for stream in streams {
            let file = tool.directory.appending(path: "stream")
            try stream.write(to: file)
            let outcome = try await tool.shell(#"cat stream 2> /dev/null | "$0" restore sqlite:b.db --quiet"#)
            #expect(outcome.status == 1)
            #expect(outcome.error.filter { $0 == "\n" }.count == 1)
            #expect(try tool.files("b.db") == [])
        }
        let whole = try await tool.shell(#"cat a.dump | "$0" restore sqlite:b.db --quiet"#)
        #expect(whole.output == "2,000 records written.\n")
    }
}
