#if DynamoDB && S3 && SQLite
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
}
#endif
