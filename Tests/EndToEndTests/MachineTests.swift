import Foundation
import TestSupport
import Testing

/// What other programs rely on: the names of fields, and completions.
@Suite struct MachineTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private static let report = ["read", "written", "kept", "failed", "resumed", "bytes", "failures"]

    @Test(arguments: [
        ("put sqlite:a.db p k v", ["written", "kept"]),
        ("put sqlite:a.db --from -", report),
        ("get sqlite:a.db p a", ["partition", "key", "value"]),
        ("get sqlite:a.db hex:ff hex:ff", ["partitionBase64", "keyBase64", "valueBase64"]),
        ("scan sqlite:a.db p", ["partition", "key", "value"]),
        ("scan sqlite:a.db p --keys-only", ["partition", "key"]),
        ("scan sqlite:a.db --tombstones --space reserved-data", ["space", "partition", "key", "tombstone"]),
        ("count sqlite:a.db", ["count", "accuracy"]),
        ("partitions sqlite:b.db", ["partition"]),
        ("partitions sqlite:b.db --counts", ["partition", "count", "accuracy"]),
        ("delete sqlite:a.db p a", ["deleted"]),
        (
            "stat sqlite:a.db",
            [
                "system", "format", "durability", "batchScope", "consistency", "order", "limits", "facts", "warnings",
            ]
        ),
        ("copy sqlite:a.db sqlite:c.db", report),
        (
            "verify sqlite:b.db sqlite:d.db",
            [
                "equal", "first", "second", "missing", "extra", "different", "repeated", "cleared", "seed",
                "firstDigest", "secondDigest", "differences",
            ]
        ),
        ("digest sqlite:a.db", ["records", "seed", "digest"]),
        ("dump sqlite:a.db --output a.dump", ["rows", "blocks", "rawBytes", "snapshot"]),
        ("dump sqlite:a.db --output a.ndjson --format ndjson", ["rows", "snapshot"]),
        ("restore sqlite:e.db --input b.dump", report),
        ("restore --dry-run --input b.dump", ["rows", "blocks", "rawBytes", "snapshot", "system", "createdSeconds"]),
    ])
    func fieldsKeepTheirNames(words: String, names: [String]) async throws {
        let lines = ["a", "b"].map { #"{"partition":"p","key":"\#($0)","value":"v"}"# + "\n" }.joined()
        let others = """
            {"partitionBase64":"/w==","keyBase64":"/w==","valueBase64":"/w=="}
            {"space":"reserved-data","partition":"p","key":"t","tombstone":true}

            """
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines + others)
        for name in ["sqlite:b.db", "sqlite:d.db"] { try await tool.output("put", name, "--from", "-", input: lines) }
        try await tool.output("dump", "sqlite:b.db", "--output", "b.dump")
        let outcome = try await tool.run(words.split(separator: " ").map(String.init) + ["--json"], input: lines)
        #expect((outcome.status, outcome.error) == (0, ""))
        #expect(!outcome.output.isEmpty && outcome.output.hasSuffix("\n"))
        for line in outcome.output.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(try #require(object).keys.sorted() == names.sorted())
        }
    }

    @Test func countsPartitions() async throws {
        let lines = ["p", "p", "q"].enumerated().map { #"{"partition":"\#($1)","key":"k\#($0)","value":"v"}"# + "\n" }
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines.joined())
        #expect(try await tool.output("partitions", "sqlite:a.db", "--counts") == "p\t2\nq\t1\n")
        #expect(
            try await tool.output("partitions", "sqlite:a.db", "--counts", "--json")
                == #"{"partition":"p","count":2,"accuracy":"exact"}"# + "\n"
                + #"{"partition":"q","count":1,"accuracy":"exact"}"# + "\n"
        )
    }

    /// A shell takes the script, and completes what was begun.
    @Test func bashCompletes() async throws {
        let script = try await tool.output("--generate-completion-script", "bash")
        try Data(script.utf8).write(to: tool.directory.appending(path: "completions.bash"))
        let program = """
            set -eu
            source completions.bash
            complete -p wherehouse
            COMP_WORDS=(wherehouse verif) COMP_CWORD=1 COMP_LINE='wherehouse verif' COMP_POINT=16
            set +eu
            _wherehouse wherehouse verif wherehouse
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let bash = Process()
        bash.executableURL = URL(fileURLWithPath: "/bin/bash")
        bash.arguments = ["--norc", "-c", program]
        bash.currentDirectoryURL = tool.directory
        let pipe = try Launch.alone {
            let pipe = Pipe()
            bash.standardOutput = pipe
            try bash.run()
            return pipe
        }
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        bash.waitUntilExit()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines.first?.hasSuffix(" wherehouse") == true)
        #expect(lines.dropFirst() == ["verify"])
        for shell in ["zsh", "fish"] {
            #expect(try await tool.output("--generate-completion-script", shell).contains("wherehouse"))
        }
    }
}
