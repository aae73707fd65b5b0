import Foundation
import TestSupport
import Testing

@Suite struct BulkTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    /// Lines for records with keys and values of any bytes, tombstones and reserved space among them.
    private func lines(_ count: Int) -> String {
        var generator = SeededGenerator(seed: 7)
        return (0..<count).map { index in
            let key = Data(generator.bytes(6)).base64EncodedString()
            let space = index % 5 == 0 ? #""space":"reserved-data","# : ""
            let value =
                index % 7 == 0
                ? #""tombstone":true"#
                : index % 2 == 0
                    ? #""valueBase64":"\#(Data(generator.bytes(40)).base64EncodedString())""#
                    : #""value":"line\n\"quoted\" \u00e9 \ud83d\ude00 \u0000""#
            return #"{\#(space)"partitionBase64":"\#(Data(generator.bytes(1)).base64EncodedString())","#
                + #""keyBase64":"\#(key)",\#(value)}"# + "\n"
        }.joined()
    }

    @Test func readsWhatItWrites() async throws {
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines(500))
        for space in ["records", "reserved-data"] {
            let written = try await tool.output("scan", "sqlite:a.db", "--json", "--tombstones", "--space", space)
            #expect(written.split(separator: "\n").count == (space == "records" ? 400 : 100))
            try await tool.output("put", "sqlite:b.db", "--from", "-", input: written)
            let again = try await tool.output("scan", "sqlite:b.db", "--json", "--tombstones", "--space", space)
            #expect(again == written)
        }
        try await tool.output("verify", "sqlite:a.db", "sqlite:b.db")
    }

    @Test func copiesAndFindsEachDifference() async throws {
        let lines = (0..<50).map { #"{"partition":"p","key":"k\#($0)","value":"v"}"# + "\n" }.joined()
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines)
        #expect(try await tool.output("copy", "sqlite:a.db", "sqlite:b.db") == "50 records written.\n")
        let seed = "000102030405060708090a0b0c0d0e0f"
        // Computed by another program, from what the documentation of StoreDigest says.
        let digest = "1a4e152012d59a7d07b77f837427ca20"
        #expect(
            try await tool.output("verify", "sqlite:a.db", "sqlite:b.db", "--seed", seed)
                == "Equal: 50 records in both, digest \(digest) under seed \(seed).\n"
        )
        #expect(
            try await tool.output("digest", "sqlite:b.db", "--seed", seed)
                == "50 records, digest \(digest) under seed \(seed).\n"
        )
        #expect(
            try await tool.output("copy", "sqlite:a.db", "sqlite:b.db", "--json")
                == #"{"read":50,"written":0,"kept":50,"failed":0,"resumed":0,"bytes":0,"failures":[]}"# + "\n"
        )
        let taken = try await tool.run("copy", "sqlite:a.db", "sqlite:b.db", "--if-exists", "fail")
        #expect(taken.status == 1)
        #expect(taken.error.hasPrefix("wherehouse: The target already has this key: "))

        try await tool.output("put", "sqlite:b.db", "p", "k7", "changed")
        let changed = try await tool.run("verify", "sqlite:a.db", "sqlite:b.db")
        #expect((changed.status, changed.output) == (1, "different\tp/k7\n"))
        #expect(
            changed.error
                == "wherehouse: The stores differ. (different: 1, extra: 0, first: 50, missing: 0, second: 50)\n"
        )
        let healed = try await tool.output("copy", "sqlite:a.db", "sqlite:b.db", "--if-exists", "replace")
        #expect(healed == "50 records written.\n")

        try await tool.output("delete", "sqlite:b.db", "p", "k3")
        let missing = try await tool.run("verify", "sqlite:a.db", "sqlite:b.db")
        #expect((missing.status, missing.output) == (1, "missing\tp/k3\n"))
        let swapped = try await tool.run("verify", "sqlite:b.db", "sqlite:a.db", "--json", "--seed", seed)
        #expect(swapped.status == 1)
        #expect(
            swapped.output
                == #"{"equal":false,"first":49,"second":50,"missing":0,"extra":1,"different":0,"repeated":0,"#
                + #""cleared":0,"seed":"\#(seed)","firstDigest":"c5a3b0011423c52ea2a1acc2d87bea1d","#
                + #""secondDigest":"\#(digest)","#
                + #""differences":[{"kind":"extra","partition":"p","key":"k3"}]}"# + "\n"
        )
        let filled = try await tool.output("copy", "sqlite:a.db", "sqlite:b.db")
        #expect(filled == "1 record written, 49 left as they were.\n")
        let equal = try await tool.output("verify", "sqlite:a.db", "sqlite:b.db", "--json", "--seed", seed)
        #expect(
            equal
                == #"{"equal":true,"first":50,"second":50,"missing":0,"extra":0,"different":0,"repeated":0,"#
                + #""cleared":0,"seed":"\#(seed)","firstDigest":"\#(digest)","secondDigest":"\#(digest)","#
                + #""differences":[]}"# + "\n"
        )
    }

    @Test func treatsRepeatedKeysAsIfPutOneByOne() async throws {
        let lines = (1...3).map { #"{"partition":"p","key":"k","value":"\#($0)"}"# + "\n" }.joined()
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines)
        #expect(try await tool.output("get", "sqlite:a.db", "p", "k") == "3\n")
        try await tool.output("put", "sqlite:b.db", "--from", "-", "--if-exists", "skip", input: lines)
        #expect(try await tool.output("get", "sqlite:b.db", "p", "k") == "1\n")
        let refused = try await tool.run("put", "sqlite:c.db", "--from", "-", "--if-exists", "fail", input: lines)
        #expect(refused.status == 1)
        #expect(refused.error.contains("key: p/k"))
        #expect(try await tool.output("count", "sqlite:c.db") == "0\n")
    }

    @Test func listsRecordsBeyondTheLimits() async throws {
        let long = String(repeating: "k", count: 5_000)
        let lines =
            #"{"partition":"p","key":"\#(long)","value":""}"# + "\n" + #"{"partition":"p","key":"k","value":""}"#
        let outcome = try await tool.run("put", "sqlite:a.db", "--from", "-", "--json", input: lines)
        #expect(outcome.status == 1)
        #expect(
            outcome.output.hasPrefix(#"{"read":2,"written":1,"kept":0,"failed":1,"resumed":0,"bytes":2,"failures":[{"#)
        )
        #expect(outcome.error.hasSuffix("(failed: 1, read: 2)\n"))
    }

    @Test(arguments: [
        (#"{"partition":"p","key":"k","valu":"v"}"#, "field: valu"),
        (#"{"partition":"p","key":"k"}"#, "field: value"),
        (#"{"partition":"","key":"k","value":""}"#, "field: partition"),
        (#"{"partition":"p","key":"k","value":"v","valueBase64":""}"#, "field: valueBase64"),
        (#"{"partition":"p","key":"k","key":"k","value":"v"}"#, "field: key"),
        (#"{"partition":"p","key":"k","valueBase64":"*"}"#, "field: valueBase64"),
        (#"{"partition":"p","key":"k","value":1}"#, "field: value"),
        (#"{"partition":"p","key":"\ud800","value":"v"}"#, "field: key"),
        (#"{"partition":"p","key":"\u00","value":"v"}"#, "field: key"),
        (#"{"partition":"p","key":"k","value":"v""#, "line: 3"),
        (#"{"partition":"p","key":"k","value":"v"} x"#, "line: 3"),
        (#"{"partition":"p","key":"k","value":"v","space":"reserved-local"}"#, "field: space"),
        (#"{"partition":"p","key":"k","value":"v","tombstone":true}"#, "field: value"),
        ("[]", "line: 3"), ("x", "line: 3"), (#"{"partition"#, "line: 3"), ("{\"partition\":\"p\\", "line: 3"),
    ])
    func refusesAWrongLineAndWritesNothing(line: String, expected: String) async throws {
        let good = #"{"partition":"p","key":"k","value":"v"}"# + "\n\n"
        let outcome = try await tool.run("put", "sqlite:a.db", "--from", "-", input: good + line)
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(outcome.error.hasPrefix("wherehouse: "))
        #expect(outcome.error.contains(expected))
        #expect(outcome.error.contains("line: 3"))
        #expect(outcome.error.filter { $0 == "\n" }.count == 1)
        #expect(try await tool.output("count", "sqlite:a.db") == "0\n")
    }
}
