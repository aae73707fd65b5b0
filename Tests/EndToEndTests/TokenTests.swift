import Foundation
import Testing

/// `ucan`: keys, delegations and invocations go through the command.
@Suite struct TokenTests {
    let tool: Tool
    private let alice = "did:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALi"
    private let bob = "did:key:z6MkffDZCkCTWreg8868fG1FGFogcJj5X6PY93pPcWDn9bob"

    init() throws {
        tool = try Tool()
        // Published keys, of ipld/js-dag-ucan.
        try write(
            "MgCZT5vOnYZoVAeyjnzuJIVY9J4LNtJ+f8Js0cTPuKUpFne0BVEDJjEu6quFIU8yp91/TY/+MYK8GvlKoTDnqOCovCVM=",
            "alice"
        )
        try write("MgCYbj5AJfVvdrjkjNCxB3iAUwx7RQHVQ7H1sKyHy46IosQ==", "bob")
    }

    private func write(_ text: String, _ name: String) throws {
        let path = tool.directory.appending(path: name).path
        let data = Data("\(text)\n".utf8)
        #expect(FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: 0o600]))
    }

    @Test func keysAreSecret() async throws {
        let did = try await tool.output("ucan", "keygen", "--output", "new")
        #expect(did.hasPrefix("did:key:z6Mk"))
        let attributes = try FileManager.default.attributesOfItem(atPath: tool.directory.path + "/new")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await tool.run("ucan", "keygen", "--output", "new").status == 2)
        #expect(try await tool.run("ucan", "keygen").status == 2)
        let shown = try await tool.output("ucan", "keygen", "--show-secret", "--type", "p256", "--json")
        #expect(shown.contains(#""type":"p256","secret":"M"#))
        // A key that others may read is not used.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: tool.directory.path + "/new")
        let refused = try await tool.run(
            "ucan",
            "issue",
            "--key",
            "new",
            "--audience",
            bob,
            "--can",
            "*",
            "--output",
            "-"
        )
        #expect(refused.status == 2)
        #expect(refused.error.contains("chmod 600"))
    }

    @Test func delegationsAreIssuedAndVerified() async throws {
        let cid = try await tool.output(
            "ucan",
            "issue",
            "--key",
            "alice",
            "--audience",
            bob,
            "--can",
            "store/*",
            "--can",
            "upload/*",
            "--expiration",
            "2000000000",
            "--fact",
            #"{"space":{"name":"photos"}}"#,
            "--output",
            "first.ucan"
        )
        // The delegation that the reference implementation makes of this.
        #expect(cid == "bafyreif3l2tgshpjx7f7l5aq5kksyitfq3wrr3e6axve65bguncijjffdy\n")
        #expect(
            try await tool.output("cid", "--codec", "car", "first.ucan", "--json")
                .contains(#""digest":"c2473e69342a6cc5cdf5b1834ec44c5622d3ef76a47c0fdf8a3285803ec02a5a""#)
        )
        let issued = try await tool.output(
            "ucan",
            "issue",
            "--key",
            "bob",
            "--audience",
            "did:web:up.example.com",
            "--can",
            "store/add",
            "--with",
            alice,
            "--nb",
            #"{"size":5}"#,
            "--proof",
            "first.ucan",
            "--expiration",
            "2000000000",
            "--output",
            "second.ucan",
            "--json"
        )
        #expect(issued.contains(#""issuer":"\#(bob)","audience":"did:web:up.example.com","expiration":2000000000}"#))
        let verified = try await tool.output("ucan", "verify", "second.ucan", "--at", "1999999999")
        #expect(
            verified == #"valid {"can":"store/add","with":"\#(alice)","nb":{"size":5}}: \#(bob) from \#(alice)"# + "\n"
        )
        let shown = try await tool.output("ucan", "inspect", "second.ucan")
        #expect(shown.contains("\n  bafyreif3l2tgshpjx7f7l5aq5kksyitfq3wrr3e6axve65bguncijjffdy\n"))
        #expect(shown.contains(#"fact {"space":{"name":"photos"}}"#))
        let expired = try await tool.run("ucan", "verify", "second.ucan", "--at", "2000000000", "--json")
        #expect(expired.status == 1)
        #expect(expired.output.contains(#""valid":false"#))
        #expect(expired.output.contains(#""failure":{"name":"Expired""#))
    }

    @Test func tokensAsText() async throws {
        let arguments = [
            "ucan", "issue", "--key", "alice", "--audience", bob, "--can", "upload/list", "--expiration", "2000000000",
            "--jwt", "--output",
        ]
        let text = try await tool.run(arguments + ["-"])
        #expect(text.status == 0)
        #expect(text.output.hasPrefix("eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsInVjdiI6IjAuOS4xIn0."))
        let shown = try await tool.output("ucan", "inspect", "-", "--json", input: text.output)
        #expect(shown.contains(#""cid":"bafyreicufmm4gvaesqeqwzrpdpamgi3mlpnkacvdftmz523shptzqjacbu""#))
        #expect(try await tool.run("ucan", "verify", "-", input: text.output + "x").status == 1)
        #expect(try await tool.run("ucan", "inspect", "-", input: "nothing").status == 1)
    }

    @Test func namesNeedTheirKeys() async throws {
        try await tool.output(
            "ucan",
            "issue",
            "--key",
            "alice",
            "--as",
            "did:web:up.example.com",
            "--audience",
            bob,
            "--can",
            "*",
            "--forever",
            "--output",
            "named.ucan"
        )
        let unknown = try await tool.run("ucan", "verify", "named.ucan")
        #expect(unknown.status == 1)
        #expect(unknown.output.contains("Unable to resolve 'did:web:up.example.com' key"))
        let known = try await tool.output("ucan", "verify", "named.ucan", "--known", "did:web:up.example.com=\(alice)")
        #expect(known.hasPrefix("valid "))
    }

    /// Envelopes by alice, made by dag-cbor and cryptography in Python.
    @Test func envelopesAreShown() async throws {
        let delegation =
            "glhA6qUBoS79Q4j0yk23dmcV079M8GjOt9iSNXM0UipTbCX8B3VCOnJd480BrV6b3mfWaEncA1BYOXc1zqrakstYBaJhaEg0"
            + "Ae0B7QETcXN1Y2FuL2RsZ0AxLjAuMC1yYy4xp2NhdWR4OGRpZDprZXk6ejZNa2ZmRFpDa0NUV3JlZzg4NjhmRzFGR0ZvZ2NK"
            + "ajVYNlBZOTNwUGNXRG45Ym9iY2NtZGovc3RvcmUvYWRkY2V4cBp3NZQAY2lzc3g4ZGlkOmtleTp6Nk1razg5YkMzSnJWcUtp"
            + "ZTcxWUVjYzVNMVNNVnh1Q2dOeDZ6TFo4U1lKc3hBTGljcG9sgYNhPGUuc2l6ZRkD6GNzdWJ4OGRpZDprZXk6ejZNa2s4OWJD"
            + "M0pyVnFLaWU3MVlFY2M1TTFTTVZ4dUNnTng2ekxaOFNZSnN4QUxpZW5vbmNlQgEC"
        let invocation =
            "glhAq/Gxea3209qZm43EbhUiosKdz6dXdgy5brv/cfWJ6mGk+pVYw5fz2pYNDrE82uOQdxu5MVZ2e26U4VL4NDqNBaJhaEg0"
            + "Ae0B7QETcW51Y2FuL2ludkAxLjAuMKhjYXVkeDhkaWQ6a2V5Ono2TWtmZkRaQ2tDVFdyZWc4ODY4ZkcxRkdGb2djSmo1WDZQ"
            + "WTkzcFBjV0RuOWJvYmNjbWRqL3N0b3JlL2FkZGNleHD2Y2lzc3g4ZGlkOmtleTp6Nk1razg5YkMzSnJWcUtpZTcxWUVjYzVN"
            + "MVNNVnh1Q2dOeDZ6TFo4U1lKc3hBTGljcHJmgGNzdWJ4OGRpZDprZXk6ejZNa2s4OWJDM0pyVnFLaWU3MVlFY2M1TTFTTVZ4"
            + "dUNnTng2ekxaOFNZSnN4QUxpZGFyZ3OhZHNpemUBZW5vbmNlQA=="
        for (name, text) in ["delegation": delegation, "invocation": invocation] {
            let path = tool.directory.appending(path: name).path
            #expect(FileManager.default.createFile(atPath: path, contents: Data(base64Encoded: text)))
        }
        let shown = try await tool.output("ucan", "inspect", "delegation")
        let lines = shown.split(separator: "\n").dropFirst()
        #expect(
            Array(lines) == [
                "  delegation of version 1.0.0-rc.1 from \(alice) to \(bob)", "  /store/add of \(alice)",
                #"  [["<",".size",1000]]"#, "  until 2000000000",
            ]
        )
        let json = try await tool.output("ucan", "inspect", "invocation", "--json")
        #expect(json.contains(#""arguments":{"size":1},"audience":"did:key:"#))
        #expect(json.contains(#""expiration":null"#) && json.contains(#""proofs":[]"#))
        let refused = try await tool.run("ucan", "verify", "delegation")
        #expect(refused.status == 1)
        #expect(refused.error.contains("not verified"))
    }
}
