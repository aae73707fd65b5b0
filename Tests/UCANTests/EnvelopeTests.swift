import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Envelopes of version 1.0")
struct EnvelopeTests {
    private static let ed25519: [UInt8] = [0x34, 0x01, 0xED, 0x01, 0xED, 0x01, 0x13, 0x71]
    private static let p256: [UInt8] = [0x34, 0x01, 0xEC, 0x01, 0x80, 0x24, 0x12, 0x71]

    private let alice: SigningKey
    private let bob: SigningKey
    private var delegation: NodeMap
    private var invocation: NodeMap

    init() throws {
        alice = try Principals.key(Principals.alice)
        bob = try Principals.key(Principals.bob)
        let (issuer, audience) = (Node.string(Text(alice.did.text)), Node.string(Text(bob.did.text)))
        delegation = [
            "iss": issuer, "aud": audience, "sub": issuer, "cmd": "/store/add", "pol": [["<", ".size", 1_000]],
            "nonce": .bytes([1, 2, 3]), "exp": 2_000_000_000,
        ]
        invocation = [
            "iss": issuer, "sub": audience, "cmd": "/store/add", "args": ["size": 10], "prf": [],
            "nonce": .bytes([]), "exp": .null,
        ]
    }

    private func bytes(
        _ fields: NodeMap,
        as tag: Text = "ucan/dlg@1.0.0-rc.1",
        header: [UInt8] = ed25519,
        by key: SigningKey? = nil
    ) throws -> [UInt8] {
        let signed: Node = ["h": .bytes(header), tag: .map(fields)]
        let signature = try (key ?? alice).sign(DAGCBOR.encode(signed))
        return try DAGCBOR.encode([.bytes(signature.raw), signed])
    }

    @Test("A delegation is read, and its signature verified")
    func delegating() throws {
        var fields = delegation
        fields["nbf"] = 1_000
        fields["meta"] = ["name": "photos"]
        let input = try bytes(fields)
        let envelope = try Envelope(Block(.dagCBOR, input))
        #expect(envelope.version == "1.0.0-rc.1")
        #expect(envelope.issuer == alice.did)
        #expect(envelope.audience == bob.did)
        #expect(envelope.subject == alice.did)
        #expect(envelope.command == "/store/add")
        #expect(envelope.statement == .delegation(policy: [["<", ".size", 1_000]]))
        #expect(envelope.nonce == [1, 2, 3])
        #expect(envelope.metadata == ["name": "photos"])
        #expect(envelope.block.bytes == input)
        #expect(envelope.isSigned(by: alice.publicKey))
        #expect(!envelope.isSigned(by: bob.publicKey))
        #expect([999, 1_000, 1_999_999_999, 2_000_000_000].map(envelope.holds) == [false, true, true, false])
        fields["sub"] = .null
        #expect(try Envelope(decoding: bytes(fields, as: "ucan/dlg@1.0.0")).subject == nil)
    }

    @Test("An invocation is read; nobody named, it is for its subject")
    func invoking() throws {
        var fields = invocation
        let plain = try Envelope(decoding: bytes(fields, as: "ucan/inv@1.0.0"))
        #expect(plain.audience == bob.did)
        #expect(plain.statement == .invocation(arguments: ["size": 10], proofs: [], issuedAt: nil, cause: nil))
        #expect(plain.holds(at: .max) && plain.holds(at: 0))
        fields["aud"] = .string(Text(alice.did.text))
        fields["prf"] = [.link(plain.cid)]
        fields["iat"] = 5
        fields["cause"] = .link(plain.cid)
        let full = try Envelope(decoding: bytes(fields, as: "ucan/inv@1.0.0-rc.1"))
        #expect(full.audience == alice.did && full.subject == bob.did)
        let statement = Envelope.Statement.invocation(
            arguments: ["size": 10],
            proofs: [plain.cid],
            issuedAt: 5,
            cause: plain.cid
        )
        #expect(full.statement == statement)
    }

    @Test("The header tells the algorithm, and a key of another verifies nothing")
    func headers() throws {
        var generator = SeededGenerator(seed: 8)
        let key = try SigningKey.p256(using: &generator)
        var fields = delegation
        fields["iss"] = .string(Text(key.did.text))
        let envelope = try Envelope(decoding: bytes(fields, header: EnvelopeTests.p256, by: key))
        #expect(envelope.isSigned(by: key.publicKey))
        #expect(!(try Envelope(decoding: bytes(fields, by: key)).isSigned(by: key.publicKey)))
        for header: [UInt8] in [
            [], [0x34], [0x35] + EnvelopeTests.p256.dropFirst(), [0x34, 0x02] + EnvelopeTests.p256.dropFirst(2),
            EnvelopeTests.p256 + [0x71], EnvelopeTests.p256.dropLast() + [0x55],
            [0x34, 0x01, 0xED, 0x01, 0xED, 0x01, 0x12, 0x71], Array(repeating: 0x80, count: 100),
        ] {
            #expect(throws: UCANError.self) { try Envelope(decoding: bytes(fields, header: header)) }
        }
    }

    @Test(
        "What is no delegation is refused",
        arguments: [
            ("iss", "did:web:"), ("iss", nil), ("aud", nil), ("sub", nil), ("cmd", nil), ("pol", nil),
            ("nonce", nil), ("exp", nil), ("cmd", "store/add"), ("cmd", "/store/"), ("cmd", "/Store"), ("cmd", "/a b"),
            ("cmd", ""),
            ("nonce", "text"), ("exp", -1), ("exp", 9_007_199_254_740_992), ("nbf", .null), ("meta", []), ("x", 1),
            ("args", [:]),
        ] as [(Text, Node?)]
    )
    func malformedDelegation(name: Text, value: Node?) throws {
        var fields = delegation
        fields[name] = value
        let input = try bytes(fields)
        let isUnknown = name == "x" || name == "args"
        #expect(error { _ = try Envelope(decoding: input) } == (isUnknown ? .unsupported : .malformed))
    }

    @Test(
        "What is no invocation is refused",
        arguments: [
            ("sub", .null), ("args", nil), ("args", []), ("prf", nil), ("prf", ["text"]), ("pol", []), ("cause", 1),
            ("iat", "now"),
        ] as [(Text, Node?)]
    )
    func malformedInvocation(name: Text, value: Node?) throws {
        var fields = invocation
        fields[name] = value
        let input = try bytes(fields, as: "ucan/inv@1.0.0-rc.1")
        #expect(error { _ = try Envelope(decoding: input) } == (name == "pol" ? .unsupported : .malformed))
    }

    @Test("Other versions and kinds, other forms, and what is too large are refused")
    func forms() throws {
        for tag: Text in ["ucan/dlg@1.0.1", "ucan/dlg@2.0.0", "ucan/dlg", "ucan/rcpt@1.0.0", "@1.0.0", ""] {
            let input = try bytes(delegation, as: tag)
            #expect(error { _ = try Envelope(decoding: input) } == .unsupported)
        }
        let input = try bytes(delegation)
        #expect(error { _ = try Token(Block(.dagCBOR, input)) } == .unsupported)
        #expect(error { _ = try Envelope(Block(.raw, input)) } == .malformed)
        #expect(error { _ = try Envelope(Block(CID(.dagCBOR, .sha256(of: [1])), unverified: input)) } == .malformed)
        #expect(error { _ = try Envelope(decoding: input, limits: Limits(tokenBytesMax: 100)) } == .limitExceeded)
        #expect(error { _ = try Envelope(decoding: input + [0]) } == .malformed)
        let headerAlone = try DAGCBOR.encode([.bytes([]), ["h": .bytes([])]])
        #expect(error { _ = try Envelope(decoding: headerAlone) } == .malformed)
        for count in 0..<input.count {
            #expect(throws: UCANError.self) { try Envelope(decoding: Array(input[..<count])) }
        }
        var fields = invocation
        fields["prf"] = .list(Array(repeating: .link(CID(.raw, .sha256(of: [1]))), count: 129))
        let many = try bytes(fields, as: "ucan/inv@1.0.0")
        #expect(error { _ = try Envelope(decoding: many) } == .limitExceeded)
    }
}
