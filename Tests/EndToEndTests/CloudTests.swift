#if DynamoDB && PostgreSQL && S3 && SQLite
import Foundation
import TestServers
import TestSupport
import Testing

/// Tables and buckets, in the commands that know nothing of them.
@Suite struct CloudTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private func lines(_ count: Int) -> String {
        var generator = SeededGenerator(seed: 31)
        return (0..<count).map { index in
            let (partition, key) = (Data(generator.bytes(1 + index % 3)), Data(generator.bytes(1 + index % 9)))
            let value = Data(generator.bytes(index % 400))
            let space = index % 5 == 0 ? #""space":"reserved-data","# : ""
            return #"{\#(space)"partitionBase64":"\#(partition.base64EncodedString())","#
                + #""keyBase64":"\#(key.base64EncodedString())","#
                + #""valueBase64":"\#(value.base64EncodedString())"}"# + "\n"
        }.joined()
    }

    @Test func recordsAreCopiedVerifiedDumpedAndRestored() async throws {
        let server = try await MotoServer.shared()
        let table = server.url(ofTable: "copied-\(UUID().uuidString)")
        let bucket = try server.url(ofBucket: "copied", prefix: UUID().uuidString)
        let restored = server.url(ofTable: "restored-\(UUID().uuidString)")
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines(600))
        for (source, target) in [("sqlite:a.db", table), (table, bucket), (bucket, "sqlite:b.db")] {
            try await tool.output("copy", source, target)
            try await tool.output("verify", "sqlite:a.db", target)
        }
        for store in [table, bucket] {
            try await tool.output("dump", store, "--output", "store.dump")
            try await tool.output("restore", restored, "--input", "store.dump")
            try await tool.output("verify", "sqlite:a.db", restored)
            try FileManager.default.removeItem(at: tool.directory.appending(path: "store.dump"))
        }
        // And where they differ.
        for store in [table, bucket] {
            try await tool.output("put", store, "p", "more", "value")
            let differing = try await tool.run("verify", "sqlite:a.db", store)
            #expect((differing.status, differing.output) == (1, "extra\tp/more\n"))
            #expect(try await tool.output("stat", store).contains("linearizable"))
        }
    }

    private func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    /// By the operator's units: what a bucket and a table are asked for, and a list of prices.
    @Test func timeAndCostAreTold() async throws {
        let server = try await MotoServer.shared()
        let bucket = try server.url(ofBucket: "bench", prefix: UUID().uuidString)
        let themes = try objects(try await tool.output("bench", bucket, "--records", "20", "--json"))
        #expect(
            themes.map { $0.text("theme") } == ["write", "scan", "get", "get many", "replace", "delete"]
        )
        for theme in themes {
            #expect(theme.number("operations") == 20 && theme["currency"] as? String == "USD")
        }
        let get = try #require(themes.first { $0.text("theme") == "get" })
        #expect(get["requests"] as? Double == 20)
        #expect(abs((get["costPerMillion"] as? Double ?? 0) - 0.4) < 1e-6)

        let table = server.url(ofTable: "bench-\(UUID().uuidString)")
        let text = try await tool.output("bench", table, "--records", "5", "--bytes", "1500")
        let lines = text.split(separator: "\n")
        #expect(lines.count == 7 && lines[0].hasPrefix("write: 5 records, "))
        // Two units for each KiB that is begun, twice the more for the check of the fence.
        #expect(lines[0].hasSuffix(", 0.200 requests each, 2.75 USD a million"))
        #expect(lines[6] == "Cost in USD, list prices, us-east-1, 2024-11.")

        try await tool.output("put", "sqlite:free.db", "p", "k", "v")
        let free = try objects(try await tool.output("bench", "sqlite:free.db", "--read-only", "--json"))
        #expect(free.map { $0.text("theme") } == ["scan", "get", "get many"])
        #expect(free.allSatisfy { $0["requests"] == nil && $0.number("operations") == 1 })
    }

    @Test func aPlanTellsWhatLoadingCosts() async throws {
        let server = try await MotoServer.shared()
        let table = server.url(ofTable: "planned-\(UUID().uuidString)")
        let migration = Migrations(
            tool: tool,
            name: "costs",
            control: try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed",
            source: "sqlite:source.db",
            target: table.replacing("&", with: "%26")
        )
        try await migration.fill(1_000)
        let planned = try await migration.run("plan", on: migration.url)
        let loading = try #require(planned["loading"] as? [String: Any])
        let units = try #require((loading["units"] as? [String: Any])?["write request units"] as? Double)
        #expect(units > 2_000 && units < 2_100)
        #expect(abs((loading["cost"] as? Double ?? 0) - units * 0.625 / 1_000_000) < 1e-9)
    }
}
#endif
