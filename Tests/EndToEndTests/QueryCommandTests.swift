import Foundation
import Testing

/// Records that are saved from lines of JSON, and found by what their fields hold, with nobody's generated code.
@Suite struct QueryCommandTests {
    let tool: Tool

    init() async throws {
        tool = try Tool()
        let type = """
            {"name": "package", "primaryKey": ["name"], "partitionedBy": ["section"], "fields": [
              {"name": "section", "kind": "string", "number": 1}, {"name": "name", "kind": "string", "number": 2},
              {"name": "size", "kind": "integer", "number": 3}, {"name": "made", "kind": "timestamp", "number": 4},
              {"name": "tags", "kind": "string", "number": 5, "isMultiValued": true}],
             "indexes": [{"name": "by_size", "kind": "value", "columns": ["field:size"]}]}
            """
        try Data(type.utf8).write(to: tool.directory.appending(path: "package.json"))
        let lines = (0..<60).map { number in
            let section = number % 2 == 0 ? "net" : "web"
            let tags = number % 10 == 0 ? #"["round","even"]"# : "[]"
            return #"{"section":"\#(section)","name":"p\#(number)","size":\#(number * 100),"#
                + #""made":"2026-01-31T12:00:00.25Z","tags":\#(tags)}"# + "\n"
        }
        let saved = try await tool.output(
            "records",
            "import",
            "sqlite:a.db",
            "debian",
            "package",
            "--declare",
            "package.json",
            input: lines.joined()
        )
        #expect(saved == "60 records saved.\n")
    }

    private func query(_ arguments: String...) async throws -> [String] {
        let outcome = try await tool.run(["query", "sqlite:a.db", "debian", "package"] + arguments)
        #expect((outcome.status, outcome.error) == (0, ""))
        return outcome.output.split(separator: "\n").map(String.init)
    }

    @Test func recordsAreFoundInOrder() async throws {
        let found = try await query("size >= 5000", "--in", "net", "--sort", "size", "--reverse", "--limit", "2")
        #expect(
            found.first == "made=2026-01-31T12:00:00.25Z\tname=p58\tsection=net\tsize=5800"
                && found.dropFirst().first?.contains("name=p56") == true
        )
        let cursor = try #require(found.last?.split(separator: " ").last.map(String.init))
        let next = try await query(
            "size >= 5000",
            "--in",
            "net",
            "--sort",
            "size",
            "--reverse",
            "--limit",
            "2",
            "--cursor",
            cursor
        )
        #expect(next.first?.contains("name=p54") == true)
        #expect(
            try await query("size = 5800", "--in", "net", "--show", "size", "--show", "name") == ["name=p58\tsize=5800"]
        )
        #expect(try await query("size >= 5000", "--in", "net", "--count") == ["5"])
        #expect(try await query(#"any tags = "round""#, "--in", "web", "--count") == ["0"])
        // In all partitions, in those that the filter names, and in an order from the end.
        #expect(try await query("size >= 5000", "--count") == ["10"])
        #expect(try await query(#"section = "web" and size >= 5000"#, "--count") == ["5"])
        #expect(try await query("--in", "net", "--sort", "name:down", "--show", "name").first == "name=p8")
    }

    @Test func plansAreTold() async throws {
        let plan = try await query("size >= 5000", "--in", "net", "--explain")
        #expect(plan == ["scan of index by_size: 0 fixed, bounded, 1 ranges"])
        let counted = try await query("size >= 5000", "--in", "net", "--count", "--explain")
        #expect(counted == ["one by one: scan of index by_size: 0 fixed, bounded, 1 ranges"])
        let union = try await query(#"size >= 5000 or name = "p1""#, "--in", "net", "--explain")
        #expect(union.count == 2 && union.last?.hasPrefix("    then scan of records") == true, "\(union)")
        let objects = try await query("size >= 5000", "--in", "net", "--explain", "--json")
        #expect(objects == [#"{"plan":"scan of index by_size: 0 fixed, bounded, 1 ranges"}"#])
    }

    @Test func objectsHaveFields() async throws {
        let lines = try await query(#"name = "p10""#, "--in", "net", "--json")
        let line = try #require(lines.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect((object["version"] as? String)?.count == 32)
        let fields = try #require(object["fields"] as? [String: Any])
        #expect(fields["size"] as? Int == 1_000 && fields["tags"] as? [String] == ["round", "even"])
        #expect(fields["made"] as? String == "2026-01-31T12:00:00.25Z")
    }

    @Test(arguments: [
        (["colour = 1", "--in", "net"], "field: colour"), (["size = \"a\"", "--in", "net"], "kind: integer"),
        (["size = ", "--in", "net"], "position: 8"), (["size ~ 1", "--in", "net"], "position: 6"),
        (["--in", "net", "--limit", "1000000000000"], "1 to 1,000"), (["--sort", "size"], "name the partition"),
        (["--in", "net", "--cursor", "AAAA"], "begin it anew"), (["--in", "net", "--sort", "colour"], "field: colour"),
        (["--in", "net", "--in", "web"], "fields: section"), (["--in", "net", "--show", "colour"], "field: colour"),
        ([String(repeating: "(", count: 10_000), "--in", "net"], "depthMax: 32"),
    ])
    func whatIsWrongIsNamed(_ arguments: [String], _ expected: String) async throws {
        let outcome = try await tool.run(["query", "sqlite:a.db", "debian", "package"] + arguments)
        #expect(outcome.status == 1 && outcome.error.contains(expected), "\(outcome)")
    }

    @Test(arguments: [
        (#"{"section":"net"}"#, "field: name"), (#"{"section":"net","name":1}"#, "kind: string"),
        (#"{"section":"net","name":"a","colour":"red"}"#, "field: colour"),
        (#"{"section":"net","name":["a","b"]}"#, "values: 2"), ("[]", "line: 1"), ("{", "line: 1"),
        (#"{"section":"net","name":"a","made":"yesterday"}"#, "kind: timestamp"),
        (#"{"section":"net","name":"a","tags":[[]]}"#, "kind: string"),
    ])
    func linesThatAreNoRecordsAreNamed(_ line: String, _ expected: String) async throws {
        let outcome = try await tool.run("records", "import", "sqlite:a.db", "debian", "package", input: line)
        #expect(outcome.status == 1 && outcome.error.contains(expected), "\(outcome)")
        #expect(try await query("--in", "net", "--count") == ["30"])
    }

    @Test(arguments: ["", "[]", "{}", #"{"name":"x","fields":[{"name":"a"}]}"#, #"{"name":"x","fields":7}"#])
    func filesThatDeclareNoTypeAreNamed(_ content: String) async throws {
        try Data(content.utf8).write(to: tool.directory.appending(path: "wrong.json"))
        let outcome = try await tool.run(
            "records",
            "import",
            "sqlite:a.db",
            "debian",
            "x",
            "--declare",
            "wrong.json",
            input: ""
        )
        #expect(outcome.status == 1 && outcome.error.contains("declares no record type"), "\(outcome)")
    }
}
