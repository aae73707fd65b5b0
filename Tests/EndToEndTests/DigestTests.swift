import Foundation
import TestSupport
import Testing

/// What the command says of a store's contents, held against what the database's own tools read.
@Suite struct DigestTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private func lines(_ count: Int) -> String {
        var generator = SeededGenerator(seed: 9)
        return (0..<count).map { index in
            let (partition, key) = (Data(generator.bytes(2)), Data(generator.bytes(7)))
            let rest =
                index % 9 == 0
                ? #""tombstone":true"#
                : #""valueBase64":"\#(Data(generator.bytes(index % 300)).base64EncodedString())""#
            let space = index % 4 == 0 ? #""space":"reserved-data","# : ""
            return #"{\#(space)"partitionBase64":"\#(partition.base64EncodedString())","#
                + #""keyBase64":"\#(key.base64EncodedString())",\#(rest)}"# + "\n"
        }.joined()
    }

    @Test func agreesWithTheShellOfSQLite() async throws {
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines(700))
        let own = try await tool.output("digest", "sqlite:a.db", "--lines")
        let query = [("records", "records"), ("reserved-data", "reserved_data")].map { space, table in
            "SELECT '\(space) ' || lower(hex(p)) || ' ' || lower(hex(k)) || ' ' || lower(hex(v)) FROM \(table) "
                + "WHERE v IS NOT NULL ORDER BY p, k;"
        }.joined(separator: " ")
        let read = try shell("/usr/bin/sqlite3", "-readonly", "a.db", query)
        #expect(own == read)
        #expect(own.split(separator: "\n").count == 622)
        // The hash that anybody compares.
        try Data(own.utf8).write(to: tool.directory.appending(path: "own"))
        try Data(read.utf8).write(to: tool.directory.appending(path: "read"))
        let sums = try shell("/usr/bin/sha256sum", "own", "read").split(separator: "\n").map { $0.prefix(64) }
        #expect(sums.count == 2)
        #expect(Set(sums).count == 1)
    }

    @Test func tellsTheSameOfACopy() async throws {
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines(300))
        try await tool.output("copy", "sqlite:a.db", "sqlite:b.db")
        let seed = String(repeating: "5a", count: 16)
        let first = try await tool.output("digest", "sqlite:a.db", "--seed", seed, "--json")
        #expect(try await tool.output("digest", "sqlite:b.db", "--seed", seed, "--json") == first)
        #expect(first.hasPrefix(#"{"records":266,"seed":"\#(seed)","digest":""#))
        try await tool.output("put", "sqlite:b.db", "p", "k", "v")
        #expect(try await tool.output("digest", "sqlite:b.db", "--seed", seed, "--json") != first)
        // Without a seed each run draws its own.
        let (one, other) = (
            try await tool.output("digest", "sqlite:a.db"), try await tool.output("digest", "sqlite:a.db")
        )
        #expect(one != other)
    }

    private func shell(_ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = tool.directory
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
