import Foundation
import Testing

@Suite struct RecordTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    @Test func putsGetsAndDeletesOneRecord() async throws {
        #expect(try await tool.output("put", "sqlite:a.db", "p", "k", "some value") == "1 record written.\n")
        #expect(try await tool.output("get", "sqlite:a.db", "p", "k") == "some value\n")
        #expect(try await tool.output("get", "sqlite:a.db", "p", "k", "--raw") == "some value")
        #expect(
            try await tool.output("get", "sqlite:a.db", "p", "k", "--json")
                == #"{"partition":"p","key":"k","value":"some value"}"# + "\n"
        )
        #expect(
            try await tool.output("put", "sqlite:a.db", "p", "k", "new", "--json") == #"{"written":1,"kept":0}"# + "\n"
        )
        #expect(try await tool.output("get", "sqlite:a.db", "p", "k") == "new\n")
        #expect(try await tool.output("delete", "sqlite:a.db", "p", "k") == "1 record deleted.\n")
        #expect(try await tool.output("delete", "sqlite:a.db", "p", "k") == "There was no such record.\n")
        #expect(try await tool.output("delete", "sqlite:a.db", "p", "k", "--json") == #"{"deleted":false}"# + "\n")
        let missing = try await tool.run("get", "sqlite:a.db", "p", "k")
        #expect(missing == .init(status: 1, output: "", error: "wherehouse: There is no such record. (key: p/k)\n"))
    }

    @Test func obeysThePolicyForAnExistingRecord() async throws {
        try await tool.output("put", "sqlite:a.db", "p", "k", "1")
        let skipped = try await tool.output("put", "sqlite:a.db", "p", "k", "2", "--if-exists", "skip")
        #expect(skipped == "0 records written, 1 left as it was.\n")
        let failed = try await tool.run("put", "sqlite:a.db", "p", "k", "2", "--if-exists", "fail")
        #expect(failed.status == 1)
        #expect(failed.error == "wherehouse: There is such a record already. (key: p/k)\n")
        #expect(try await tool.output("get", "sqlite:a.db", "p", "k") == "1\n")
    }

    @Test func readsAndShowsBytes() async throws {
        try await tool.output("put", "sqlite:a.db", "hex:00ff", "base64:gIE=", "hex:1b5b6d")
        try await tool.output("put", "sqlite:a.db", "text:hex:1", "ключ", "")
        #expect(
            try await tool.output("scan", "sqlite:a.db") == "\\x00\\xFF\t\\x80\\x81\t\\x1B[m\nhex:1\tключ\t\n"
        )
        #expect(
            try await tool.output("scan", "sqlite:a.db", "--json") == """
                {"partitionBase64":"AP8=","keyBase64":"gIE=","value":"\\u001b[m"}
                {"partition":"hex:1","key":"ключ","value":""}

                """
        )
        #expect(try await tool.output("get", "sqlite:a.db", "hex:00FF", "hex:8081") == "\\x1B[m\n")
        #expect(try await tool.output("partitions", "sqlite:a.db") == "\\x00\\xFF\nhex:1\n")
        #expect(
            try await tool.output("partitions", "sqlite:a.db", "--json")
                == #"{"partitionBase64":"AP8="}"# + "\n" + #"{"partition":"hex:1"}"# + "\n"
        )
    }

    @Test func scansAndCountsParts() async throws {
        let lines = ["a1", "a2", "b1", "b2"].map { #"{"partition":"p","key":"\#($0)","value":"v"}"# + "\n" }
        let other = #"{"partition":"q","key":"z","value":"v"}"# + "\n"
        #expect(
            try await tool.output("put", "sqlite:a.db", "--from", "-", input: other + lines.reversed().joined())
                == "5 records written.\n"
        )
        func keys(_ arguments: String...) async throws -> String {
            var all = ["scan", "sqlite:a.db"] + arguments + ["--keys-only"]
            let running = try tool.start(all)
            all = try await running.output().split(separator: "\n").map { String($0.split(separator: "\t")[1]) }
            #expect(await running.status() == 0)
            return all.joined(separator: " ")
        }
        #expect(try await keys() == "a1 a2 b1 b2 z")
        #expect(try await keys("p") == "a1 a2 b1 b2")
        #expect(try await keys("p", "--prefix", "b") == "b1 b2")
        #expect(try await keys("p", "--from", "a2", "--to", "b2") == "a2 b1")
        #expect(try await keys("p", "--reverse", "--limit", "3") == "b2 b1 a2")
        #expect(try await keys("--limit", "1") == "a1")
        #expect(
            try await tool.output("scan", "sqlite:a.db", "q", "--keys-only", "--json")
                == #"{"partition":"q","key":"z"}"# + "\n"
        )
        #expect(try await tool.output("count", "sqlite:a.db") == "5\n")
        #expect(try await tool.output("count", "sqlite:a.db", "p", "--prefix", "a") == "2\n")
        #expect(
            try await tool.output("count", "sqlite:a.db", "q", "--json") == #"{"count":1,"accuracy":"exact"}"# + "\n"
        )
    }

    @Test func showsWhatAStoreIs() async throws {
        try await tool.output("put", "sqlite:a.db", "p", "k", "v")
        let text = try await tool.output("stat", "sqlite:a.db")
        #expect(text.contains(/kind +sqlite\n/))
        #expect(text.contains(/a write survives +power loss\n/))
        let json = try await tool.output("stat", "sqlite:a.db", "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "system", "format", "durability", "batchScope", "consistency", "order", "limits", "facts", "warnings",
            ]
        )
        #expect(object["system"] as? String == "sqlite")
        #expect(object["durability"] as? String == "power loss")
    }
}
