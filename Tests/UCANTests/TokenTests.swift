import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Tokens")
struct TokenTests {
    private func payload(
        _ can: String = "upload/list",
        expiration: Int64? = 2_000_000_000,
        notBefore: Int64? = nil,
        facts: [NodeMap] = []
    ) throws -> Payload {
        let alice = try Principals.key(Principals.alice).did
        return Payload(
            issuer: alice,
            audience: try Principals.key(Principals.bob).did,
            capabilities: [try Capability(can, with: alice.text)],
            expiration: expiration,
            notBefore: notBefore,
            facts: facts
        )
    }

    private func token(_ payload: Payload) throws -> Token {
        try Token(signing: payload, by: Principals.key(Principals.alice))
    }

    @Test("The smallest token has the bytes and the text of the reference implementation")
    func smallest() throws {
        let token = try token(payload())
        #expect(token.cid.description == "bafyreicufmm4gvaesqeqwzrpdpamgi3mlpnkacvdftmz523shptzqjacbu")
        #expect(
            token.block.bytes
                == (try bytes(
                    hex: """
                        a761735844eda103405cd5f757adb62fbf8119906d3a99552a02125baac2a09d0effb9b3c61ad632952eca90b873f6d3d19b\
                        fa717bedf64f989bb9b7d99e87bdb68d85d390448cf104617665302e392e316361747481a26363616e6b75706c6f61642f6c\
                        697374647769746878386469643a6b65793a7a364d6b6b38396243334a7256714b6965373159456363354d31534d56787543\
                        674e78367a4c5a3853594a7378414c69636175645822ed0111ebd780bd55ef73c3f6c9ce088a0e3606fec90f6cc9c61c8500\
                        bc932811e2a6636578701a77359400636973735822ed015440c98c4bbaaae14853cca9f75fd363ff8c60af06be52a84c39ea\
                        382a2f09536370726680
                        """
                ))
        )
        let text =
            "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsInVjdiI6IjAuOS4xIn0."
            + "eyJhdHQiOlt7ImNhbiI6InVwbG9hZC9saXN0Iiwid2l0aCI6ImRpZDprZXk6ejZNa2s4OWJDM0pyVnFLaWU3MVlFY2M1TTFTTVZ4dUNnTng2ekxa"
            + "OFNZSnN4QUxpIn1dLCJhdWQiOiJkaWQ6a2V5Ono2TWtmZkRaQ2tDVFdyZWc4ODY4ZkcxRkdGb2djSmo1WDZQWTkzcFBjV0RuOWJvYiIsImV4cCI6"
            + "MjAwMDAwMDAwMCwiaXNzIjoiZGlkOmtleTp6Nk1razg5YkMzSnJWcUtpZTcxWUVjYzVNMVNNVnh1Q2dOeDZ6TFo4U1lKc3hBTGkiLCJwcmYiOltd"
            + "fQ.XNX3V622L7-BGZBtOplVKgISW6rCoJ0O_7mzxhrWMpUuypC4c_bT0Zv6cXvt9k-Ym7m32Z6HvbaNhdOQRIzxBA"
        #expect(try token.jwt == text)
        #expect(try Token(text) == token)
        #expect(try Token(token.block) == token)
        #expect(try token.isSigned(by: Principals.key(Principals.alice).publicKey))
        #expect(!(try token.isSigned(by: Principals.key(Principals.bob).publicKey)))
    }

    @Test("What varies gives the names of the reference implementation")
    func variants() throws {
        #expect(
            try token(payload(expiration: nil)).cid.description
                == "bafyreiele26kv6cnbeccfo5os6v4vvsewaakbfyban3ui4myjncsgd34xm"
        )
        #expect(
            try token(payload(notBefore: 5)).cid.description
                == "bafyreiei53vggtvu6433qn5j42cg63f3ri633woddj2kr6bh2v34ovn6du"
        )
        #expect(try token(payload(notBefore: 0)) == (try token(payload())))
        #expect(
            try token(payload(facts: [["b": 1, "aa": [2]], [:]])).cid.description
                == "bafyreif5xdnqk4k3tklgphxpk6zxctqs3dqnesdaoxfwa2jjkcczzicwny"
        )
        #expect(
            try token(payload("Store/ADD")).cid.description
                == "bafyreihrij42kjzsdzflqhhia7chnhenx7w55qwgkqhl665ntjiwuxrbxq"
        )
    }

    @Test("Times hold from behind the first second to before the last")
    func times() throws {
        let payload = try payload(expiration: 20, notBefore: 10)
        #expect([9, 10, 11, 19, 20, 21].map { payload.holds(at: $0) } == [false, false, true, true, false, false])
        #expect(try self.payload(expiration: nil).holds(at: .max))
    }

    @Test("A token is signed by its issuer alone")
    func issuer() throws {
        #expect(error { _ = try Token(signing: payload(), by: Principals.key(Principals.bob)) } == .signingFailed)
        #expect(error { _ = try token(payload(expiration: -1)) } == .notRepresentable)
        #expect(error { _ = try token(payload(expiration: 1 << 53)) } == .notRepresentable)
    }

    @Test("A token with any byte changed is refused or another's")
    func changedBytes() throws {
        let token = try token(payload(facts: [["b": 1]]))
        let key = try Principals.key(Principals.alice).publicKey
        for index in token.block.bytes.indices {
            for bit: UInt8 in [1, 0x80] {
                var bytes = token.block.bytes
                bytes[index] ^= bit
                // A token that is not read is refused, as it should be.
                guard let other = try? Token(Block(.dagCBOR, bytes)) else { continue }
                #expect(other.block.bytes == bytes)
                #expect(!(try other.isSigned(by: key)))
            }
        }
    }

    @Test("A token has one block: parts that are empty, unknown or out of order are refused")
    func oneForm() throws {
        let token = try token(payload())
        guard case .map(let map) = try DAGCBOR.decode(token.block.bytes) else {
            Issue.record("a token is a map")
            return
        }
        let changes: [(Text, Node?)] = [
            ("fct", []), ("nnc", ""), ("nbf", 0), ("x", 1), ("exp", nil), ("prf", nil), ("v", nil), ("v", "0.10.0"),
            ("v", "0.9"), ("v", "1.0.0"), ("att", nil), ("att", [["can": "Store/Add", "with": "did:x:y"]]),
            ("att", [["can": "store/add", "with": "did:x:y", "nb": 1]]), ("att", [["can": "store/add"]]),
            ("att", [["can": "store", "with": "did:x:y"]]), ("att", [["can": "store/add", "with": "x"]]),
            ("att", [["can": "store/add", "with": "did:x:y", "z": 1]]), ("exp", 1.5), ("exp", -1), ("nbf", "1"),
            ("prf", ["x"]), ("fct", [1]), ("iss", "did:x:y"), ("s", .bytes([])), ("nnc", 1),
        ]
        for (key, value) in changes {
            var changed = map
            changed[key] = value
            let block = try Block(.map(changed))
            #expect(error { _ = try Token(block) } != nil, "\(key): \(String(describing: value))")
        }
        #expect(error { _ = try Token(Block(.raw, Array(token.jwt.utf8))) } == .malformed)
        #expect(error { _ = try Token(Block(.dagJSON, token.block.bytes)) } == .malformed)
    }

    @Test("A text that is written otherwise is kept, and verified as it is")
    func otherText() throws {
        // The keys of the payload lie in another order.
        let alice = try Principals.key(Principals.alice)
        let header = Multibase.base64url.encodeBody(Array(#"{"ucv":"0.9.1","alg":"EdDSA","typ":"JWT"}"#.utf8))
        let claims = #"{"prf":[],"iss":"\#(alice.did)","aud":"did:web:x","att":[],"exp":null}"#
        let signed = header + "." + Multibase.base64url.encodeBody(Array(claims.utf8))
        let text = signed + "." + Multibase.base64url.encodeBody(try alice.sign(Array(signed.utf8)).raw)
        let token = try Token(text)
        #expect(token.cid.codec == .raw)
        #expect(try token.jwt == text)
        #expect(try Token(token.block) == token)
        #expect(try token.isSigned(by: alice.publicKey))
    }

    @Test("What is written can be read, whatever it says")
    func roundTrips() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let key =
                Bool.random(using: &generator)
                ? try SigningKey.ed25519(using: &generator) : try SigningKey.p256(using: &generator)
            let payload = try RandomPayload.make(by: key.did, using: &generator)
            let token = try Token(signing: payload, by: key)
            #expect(token.payload == payload)
            #expect(try Token(token.block) == token)
            #expect(try Token(token.jwt) == token)
            #expect(try token.isSigned(by: key.publicKey))
        }
    }

    @Test("A signature of P-256 has a second form, and the token so a second name")
    func alternative() throws {
        var generator = SeededGenerator(seed: 6)
        let key = try SigningKey.p256(using: &generator)
        var payload = try payload()
        payload.issuer = key.did
        let token = try Token(signing: payload, by: key)
        let other = try #require(try token.alternativeCID)
        #expect(other != token.cid)
        #expect(try self.token(self.payload()).alternativeCID == nil)
    }

    @Test("Limits hold")
    func limits() throws {
        let token = try token(payload())
        #expect(error { _ = try Token(token.block, limits: Limits(tokenBytesMax: 100)) } == .limitExceeded)
        #expect(error { _ = try Token(token.jwt, limits: Limits(tokenBytesMax: 100)) } == .limitExceeded)
        #expect(error { _ = try Token(token.block, limits: Limits(capabilitiesMax: 0)) } == .limitExceeded)
        var payload = try payload()
        payload.proofs = [token.cid, token.cid]
        let proven = try self.token(payload)
        #expect(error { _ = try Token(proven.block, limits: Limits(proofsMax: 1)) } == .limitExceeded)
    }

    /// Tokens in the form of version 0.10, which says so, and of 1.0, an envelope of a signature and what it is of.
    @Test("Later versions are named as not supported")
    func laterVersions() throws {
        let header = Multibase.base64url.encodeBody(Array(#"{"alg":"EdDSA","typ":"JWT"}"#.utf8))
        let payload = Multibase.base64url.encodeBody(
            Array(
                #"{"ucv":"0.10.0","iss":"did:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALi","aud":"did:key:z6MkffDZCkCTWreg8868fG1FGFogcJj5X6PY93pPcWDn9bob","cap":{},"exp":2000000000}"#
                    .utf8
            )
        )
        let signature = Multibase.base64url.encodeBody(Array(repeating: 7, count: 64))
        #expect(error { _ = try Token("\(header).\(payload).\(signature)") } == .unsupported)
        let envelope: Node = [
            .bytes(Array(repeating: 7, count: 64)),
            [
                "h": .bytes([0x34, 0xED, 0x01, 0xED, 0x01, 0x13, 0x71]),
                "ucan/dlg@1.0.0-rc.1": [
                    "iss": "did:key:z6Mkk89bC3JrVqKie71YEcc5M1SMVxuCgNx6zLZ8SYJsxALi",
                    "aud": "did:key:z6MkffDZCkCTWreg8868fG1FGFogcJj5X6PY93pPcWDn9bob", "cmd": "/account", "pol": [],
                ],
            ],
        ]
        #expect(error { _ = try Token(Block(.dagCBOR, DAGCBOR.encode(envelope))) } == .unsupported)
    }
}

/// Payloads of every shape.
enum RandomPayload {
    static func make(by issuer: DID, using generator: inout SeededGenerator) throws -> Payload {
        let words: [Text] = ["", "a", "bb", "é", "水/\"\\\n", "/", "\u{1}"]
        func word() -> Text { words[Int.random(in: 0..<words.count, using: &generator)] }
        func bounds() -> NodeMap {
            var map = NodeMap()
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let key = word()
                // DAG-JSON keeps such a map for links and bytes.
                guard key != "/" else { continue }
                switch Int.random(in: 0...4, using: &generator) {
                case 0: map[key] = .string(word())
                case 1: map[key] = .integer(NodeInteger(Int64.random(in: .min ... .max, using: &generator)))
                case 2: map[key] = .link(CID(.raw, .sha256(of: generator.bytes(3))))
                case 3: map[key] = .bytes(generator.bytes(5))
                default: map[key] = [.boolean(true), .null, 1.5]
                }
            }
            return map
        }
        let audiences = ["did:web:a.example.com", "did:mailto:b.example.com:c%2Bd", issuer.text]
        let cans = ["*", "store/*", "store/add", "upload/shard/list"]
        return Payload(
            issuer: issuer,
            audience: try DID(audiences[Int.random(in: 0..<3, using: &generator)]),
            capabilities: try (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                try Capability(cans[Int.random(in: 0..<4, using: &generator)], with: "ucan:*", nb: bounds())
            },
            expiration: Bool.random(using: &generator) ? nil : Int64.random(in: 0..<1 << 53, using: &generator),
            notBefore: Bool.random(using: &generator) ? nil : Int64.random(in: 0..<1 << 53, using: &generator),
            nonce: word(),
            facts: (0..<Int.random(in: 0...2, using: &generator)).map { _ in bounds() },
            proofs: (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                CID(.dagCBOR, .sha256(of: generator.bytes(3)))
            }
        )
    }
}
