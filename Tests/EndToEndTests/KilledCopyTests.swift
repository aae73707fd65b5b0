import Foundation
import TestSupport
import Testing

@Suite struct KilledCopyTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    /// The checkpoint in the target, as another program reads it; empty while there is none.
    private func checkpoint() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-readonly", "b.db", "SELECT hex(v) FROM reserved_local"]
        process.currentDirectoryURL = tool.directory
        // Before the target is laid out there is nothing to read.
        process.standardError = FileHandle.nullDevice
        let output = try Launch.alone {
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            return output
        }
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test func endsEqualAfterBeingKilledAgainAndAgain() async throws {
        let count = 60_000
        let lines = (0..<count).map { index in
            #"{"partition":"p\#(index % 7)","key":"\#(100_000 + index)","value":"\#(index)"}"# + "\n"
        }.joined()
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines)
        var seen: Set<String> = [""]
        var killed = 0
        for _ in 0..<3 {
            let running = try tool.start(["copy", "sqlite:a.db", "sqlite:b.db", "--checkpoint-interval", "0"])
            while running.isRunning {
                guard seen.insert(try checkpoint()).inserted else { continue }
                running.killAtOnce()
                break
            }
            if await running.status() == 128 + SIGKILL { killed += 1 }
        }
        #expect(killed == 3)
        let output = try await tool.output("copy", "sqlite:a.db", "sqlite:b.db", "--json")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        let (read, resumed) = (report["read"] as? Int ?? 0, report["resumed"] as? Int ?? 0)
        // Had anything before the checkpoint been read again, there were more.
        #expect(read == count)
        #expect(resumed > 0)
        #expect((report["written"] as? Int ?? 0) + (report["kept"] as? Int ?? 0) == count)
        #expect(try checkpoint() == "")
        let verified = try await tool.output("verify", "sqlite:a.db", "sqlite:b.db")
        #expect(verified.hasPrefix("Equal: 60,000 records in both, "))
    }
}
