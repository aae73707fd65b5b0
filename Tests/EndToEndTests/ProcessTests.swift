import Foundation
import Testing

/// How the command behaves among other processes.
@Suite struct ProcessTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    /// More lines than fit into a pipe many times over.
    private static let manyLines = (0..<20_000).map { index in
        #"{"partition":"p","key":"\#(100_000 + index)","value":"\#(String(repeating: "v", count: 50))"}"# + "\n"
    }.joined()

    @Test(arguments: [
        ["get", "sqlite:none.db", "p", "k"], ["delete", "sqlite:none.db", "p", "k"], ["scan", "sqlite:none.db"],
        ["count", "sqlite:none.db"], ["partitions", "sqlite:none.db"], ["stat", "sqlite:none.db"],
        ["copy", "sqlite:none.db", "sqlite:other.db"], ["verify", "sqlite:none.db", "sqlite:other.db"],
        ["digest", "sqlite:none.db"], ["dump", "sqlite:none.db"],
    ])
    func makesNoStoreOfAMistypedName(arguments: [String]) async throws {
        let running = try tool.start(arguments)
        #expect(try await running.output() == "")
        #expect(await running.status() == 2)
        #expect(
            try running.error() == """
                wherehouse: There is no database at this path: check it, or write to it first. (path: none.db)

                """
        )
        #expect(try tool.files(".db") == [])
    }

    @Test(arguments: [
        "get", "put", "delete", "scan", "count", "partitions", "stat", "copy", "verify", "digest", "dump", "restore",
    ])
    func helpsWithAnExample(command: String) async throws {
        let help = try await tool.output(command, "--help")
        #expect(help.contains("--json"))
        #expect(help.contains("Example: "))
        #expect(help.contains("USAGE: wherehouse \(command) "))
        #expect(try await tool.output("--help").contains("\n  \(command) "))
    }

    @Test func isRefusedAStoreThatAnotherProcessHolds() async throws {
        let holder = try tool.start(["put", "sqlite:a.db", "--from", "-"])
        try holder.write(ProcessTests.manyLines)
        let refused = try await tool.run("get", "sqlite:a.db", "p", "k")
        #expect(refused.status == 1)
        #expect(refused.output == "")
        #expect(refused.error.hasPrefix("wherehouse: Another program holds the database"))
        #expect(refused.error.filter { $0 == "\n" }.count == 1)
        try holder.closeInput()
        #expect(try await holder.output() == "20,000 records written.\n")
        #expect(await holder.status() == 0)
        #expect(try await tool.output("count", "sqlite:a.db") == "20000\n")
    }

    @Test func stopsReadingWhenInterrupted() async throws {
        let running = try tool.start(["put", "sqlite:a.db", "--from", "-"])
        try running.write(ProcessTests.manyLines)
        running.interrupt()
        #expect(try await running.output() == "")
        #expect(await running.status() == 130)
        #expect(try running.error() == "wherehouse: Stopped before its end: run it again to finish it.\n")
        #expect(try await tool.output("count", "sqlite:a.db") == "0\n")
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: ProcessTests.manyLines)
        #expect(try await tool.output("count", "sqlite:a.db") == "20000\n")
    }

    @Test func stopsWritingWhenInterrupted() async throws {
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: ProcessTests.manyLines)
        let running = try tool.start(["scan", "sqlite:a.db"])
        #expect(try !running.firstOutput().isEmpty)
        running.interrupt()
        #expect(await running.status() == 130)
        #expect(try running.error() == "wherehouse: Stopped before its end: run it again to finish it.\n")
        #expect(try await tool.output("count", "sqlite:a.db") == "20000\n")
    }

    @Test func endsQuietlyWhenItsReaderHasGone() async throws {
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: ProcessTests.manyLines)
        let running = try tool.start(["scan", "sqlite:a.db", "--json"])
        #expect(try !running.firstOutput().isEmpty)
        try running.closeOutput()
        #expect(await running.status() == 141)
        #expect(try running.error() == "")
    }
}
