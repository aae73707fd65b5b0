import Foundation
import Testing

/// What the command tells of records from the schema on the store alone.
@Suite struct SchemaCommandTests {
    let tool: Tool

    /// A store with a schema as services leave it, an entry of an index, and its record.
    init() async throws {
        tool = try Tool()
        let schema = """
            {"epoch":3,"leaseMilliseconds":10,"types":[{"expiry":"end","fields":[{"isMultiValued":false,"kind":"string",\
            "name":"id"}],"group":"g","indexes":[{"columns":["field:id"],"generation":7,"kind":"value","name":"by_id",\
            "state":"readable"},{"columns":["each:tags"],"generation":0,"kind":"unique","name":"tag","shards":4,\
            "state":"write-only"}],"name":"item","partitionedBy":["id"],"primaryKey":["id"],"schemaVersion":2,"shards":1}]}
            """
        let partition: [UInt8] = [2, 0x74, 0, 2, 0x67, 0, 0x14]
        let rows: [(space: String, partition: [UInt8], key: [UInt8], value: [UInt8])] = [
            ("reserved-data", [2, 0x74, 0, 0x15, 2], [0x15, 6], [1] + Array(schema.utf8)),
            ("records", partition, [0x15, 1, 2] + Array("item/by_id".utf8) + [0, 2, 0x61, 0, 5, 2, 0x61, 0, 0], []),
            ("records", partition, [0x14, 2] + Array("item".utf8) + [0, 2, 0x61, 0], [1]),
        ]
        let lines = rows.map { row in
            let bytes = [row.partition, row.key, row.value].map { Data($0).base64EncodedString() }
            return #"{"space":"\#(row.space)","partitionBase64":"\#(bytes[0])","keyBase64":"\#(bytes[1])","#
                + #""valueBase64":"\#(bytes[2])"}"# + "\n"
        }
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines.joined())
    }

    private func objects(_ arguments: String...) async throws -> [[String: Any]] {
        let outcome = try await tool.run(arguments + ["--json"])
        #expect((outcome.status, outcome.error) == (0, ""))
        return try outcome.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test func typesAndIndexesAreListed() async throws {
        let types = try await tool.output("records", "types", "sqlite:a.db")
        #expect(types == "t\titem\tid\tid in 1 shards\t2 indexes\n")
        let type = try #require(try await objects("records", "types", "sqlite:a.db").first)
        #expect(
            type.keys.sorted() == [
                "epoch", "expiry", "fields", "indexes", "namespace", "partitionedBy", "primaryKey", "schemaVersion",
                "shards", "type",
            ]
        )
        let indexes = try await tool.output("index", "list", "sqlite:a.db", "--namespace", "t")
        #expect(
            indexes == """
                t\titem\tby_id\tvalue\tfield:id\tlocal\treadable
                t\titem\ttag\tunique\teach:tags\t4 shards\twrite-only

                """
        )
        let index = try #require(try await objects("index", "list", "sqlite:a.db").first)
        #expect(index.keys.sorted() == ["columns", "index", "kind", "namespace", "shards", "state", "type"])
        let missing = try await tool.run("index", "list", "sqlite:a.db", "--namespace", "other")
        #expect(missing.status == 1 && missing.error.contains("no schema"))
    }

    @Test func indexIsDropped() async throws {
        #expect(try await tool.output("index", "drop", "sqlite:a.db", "t", "item", "by_id") == "Removed 1 rows.\n")
        #expect(try await tool.output("index", "list", "sqlite:a.db").contains("by_id") == false)
        #expect(try await tool.output("count", "sqlite:a.db").hasPrefix("1"))
        let again = try await tool.run("index", "drop", "sqlite:a.db", "t", "item", "by_id")
        #expect(again.status == 1 && again.error.contains("no index"))
    }
}
