import Foundation
import Testing

/// Whatever is wrong is told in one line on standard error, which says what to do, and by the exit status.
@Suite struct BadInputTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    @Test(arguments: [
        // The command line.
        (["get"], "Missing expected argument '<store>' (help: wherehouse get --help)"),
        (["get", "sqlite:a.db", "p"], "Missing expected argument '<key>' (help: wherehouse get --help)"),
        (["nonsense"], "'nonsense' (help: wherehouse --help)"),
        (["get", "sqlite:a.db", "p", "k", "--wrong"], "'--wrong'"),
        (["get", "sqlite:a.db", "p", "k", "--raw", "--json"], "--raw and --json exclude each other: give one."),
        (["put", "sqlite:a.db", "p", "k"], "Give either a partition, a key and a value, or --from with a file."),
        (["put", "sqlite:a.db", "p", "k", "v", "--from", "-"], "or --from with a file."),
        (["put", "sqlite:a.db", "p", "k", "v", "--if-exists", "perhaps"], "'perhaps'"),
        (["scan", "sqlite:a.db", "--prefix", "a"], "--prefix, --from and --to choose keys of a partition: name one."),
        (["scan", "sqlite:a.db", "p", "--limit", "0"], "--limit is at least 1."),
        (["scan", "sqlite:a.db", "--limit", "many"], "'many'"),
        (["scan", "sqlite:a.db", "p", "--prefix", "a", "--to", "b"], "give one or the other."),
        (["scan", "sqlite:a.db", "--space", "outer"], "'records', 'reserved-data' or 'reserved-local'"),
        (["count", "sqlite:a.db", "--prefix", "a"], "--prefix chooses keys of a partition: name one."),
        (["copy", "sqlite:a.db", "sqlite:a.db"], "The two stores are the same: name another to copy to."),
        (["verify", "sqlite:a.db", "sqlite:a.db"], "The two stores are the same: name another to compare with."),
        (["--generate-completion-script", "ksh"], "ksh"),
        // The URL of a store.
        (["get", "metadata.db", "p", "k"], "A store is named by a URL that begins with its kind"),
        (["get", "", "p", "k"], "such as sqlite:metadata.db."),
        (["get", "nowhere:a", "p", "k"], "scheme: nowhere"),
        (["get", "sqlite:", "p", "k"], "the path of its file: sqlite:metadata.db."),
        (["get", "sqlite://host/a.db", "p", "k"], "the path of its file: sqlite:metadata.db."),
        (["get", "sqlite:a%2.db", "p", "k"], "needs two hexadecimal digits behind it."),
        (["get", "sqlite:a.db?colour=red", "p", "k"], "option: colour"),
        (["get", "sqlite:a.db?accept=anything", "p", "k"], "accept: anything"),
        (["get", "sqlite:a.db?synchronous=off", "p", "k"], "The option synchronous is full or normal."),
        (["get", "sqlite:a.db?synchronous=normal", "p", "k"], "accept it with ?accept=relaxed."),
        (["get", "sqlite:a.db?accept=moved&accept=moved", "p", "k"], "given twice: keep one."),
        // Bytes.
        (["get", "sqlite:a.db", "hex:0", "k"], "'hex:0'"),
        (["get", "sqlite:a.db", "p", "base64:*"], "'base64:*'"),
        (["get", "sqlite:a.db", "", "k"], "partition"),
        (["get", "sqlite:a.db", "p", ""], "key"),
        // What is not there.
        (
            ["put", "sqlite:a.db", "--from", "none.ndjson"],
            "check its path. (errno: 2, path: none.ndjson, reason: No such"
        ),
        (["get", "sqlite:none.db", "p", "k"], "There is no database at this path: check it, or write to it first."),
        (["copy", "sqlite:a.db", "sqlite:nowhere/b.db"], "nowhere/b.db"),
        // What is something else.
        (["get", "sqlite:text.txt", "p", "k"], "store: sqlite:text.txt"),
        (["put", "sqlite:text.txt", "p", "k", "v"], "store: sqlite:text.txt"),
        (["verify", "sqlite:a.db", "sqlite:text.txt"], "store: sqlite:text.txt"),
        (["copy", "sqlite:a.db", "sqlite:text.txt?synchronous=full"], "store: sqlite:text.txt?synchronous=full"),
        (["get", "sqlite:.", "p", "k"], "path: ."),
    ])
    func wrongUsageIsStatus2(arguments: [String], expected: String) async throws {
        try await makeFiles()
        try await expectOneLine(arguments, status: 2, expected)
        #expect(try await tool.output("scan", "sqlite:a.db") == "p\tk\tv\n")
    }

    @Test(arguments: [
        (["get", "sqlite:a.db", "p", "none"], "There is no such record. (key: p/none)"),
        (["put", "sqlite:a.db", "p", "k", "v", "--if-exists", "fail"], "There is such a record already. (key: p/k)"),
        (["put", "sqlite:a.db", "--from", "."], "The input can't be read."),
        (["put", "sqlite:a.db", "--from", "text.txt"], "(line: 1)"),
        (["put", "sqlite:a.db", "--from", "cut.ndjson"], "line: 2"),
    ])
    func failedWorkIsStatus1(arguments: [String], expected: String) async throws {
        try await makeFiles()
        try await expectOneLine(arguments, status: 1, expected)
        #expect(try await tool.output("scan", "sqlite:a.db") == "p\tk\tv\n")
    }

    /// Bytes of the database that are changed or cut off are told as damage, by every command that comes upon them.
    @Test(arguments: ["get p k1", "scan", "count", "partitions", "stat", "put p k1 v"])
    func damageIsStatus1(words: String) async throws {
        let lines = (0..<2_000).map { #"{"partition":"p","key":"k\#($0)","value":"v"}"# + "\n" }.joined()
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines)
        let path = tool.directory.appending(path: "a.db")
        var bytes = try Data(contentsOf: path)
        bytes.replaceSubrange(100..<bytes.count, with: Data(repeating: 0xA5, count: bytes.count - 100))
        try bytes.write(to: path)
        var arguments = words.split(separator: " ").map(String.init)
        arguments.insert("sqlite:a.db", at: 1)
        try await expectOneLine(arguments, status: 1, "wherehouse: ")
    }

    /// A database of one record, and what is none.
    private func makeFiles() async throws {
        try await tool.output("put", "sqlite:a.db", "p", "k", "v")
        let row = #"{"partition":"p","key":"l","value":"v"}"#
        for (name, text) in [
            ("text.txt", String(repeating: "This is no database, and no record.\n", count: 200)),
            ("cut.ndjson", row + "\n" + row.dropLast(3)),
        ] {
            try Data(text.utf8).write(to: tool.directory.appending(path: name))
        }
    }

    private func expectOneLine(_ arguments: [String], status: Int32, _ expected: String) async throws {
        let running = try tool.start(arguments)
        try running.closeInput()
        #expect(try await running.output() == "")
        #expect(await running.status() == status)
        let error = try running.error()
        #expect(error.hasPrefix("wherehouse: "))
        #expect(error.contains(expected))
        #expect(error.filter { $0 == "\n" }.count == 1 && error.hasSuffix("\n"))
    }
}
