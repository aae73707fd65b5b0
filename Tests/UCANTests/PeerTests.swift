import IPLD
import TestSupport
import Testing
import UCAN

/// An independent library of cryptography, which Scripts/install puts into .build/peers.
@Suite("A peer in Python")
struct PeerTests {
    @Test("Signatures of ours are valid for the peer, and damaged ones are not")
    func ours() throws {
        var generator = SeededGenerator(seed: 21)
        var questions: [String] = []
        for index in 0..<60 {
            let key =
                index % 2 == 0
                ? try SigningKey.ed25519(using: &generator) : try SigningKey.p256(using: &generator)
            let payload = try RandomPayload.make(by: key.did, using: &generator)
            let text = try Token(signing: payload, by: key).jwt
            let dot = try #require(text.lastIndex(of: "."))
            var raw = try Multibase.base64url.decodeBody(text[text.index(after: dot)...])
            raw[Int.random(in: 0..<64, using: &generator)] ^= 4
            questions += ["verify \(text)", "verify \(text[..<dot]).\(Multibase.base64url.encodeBody(raw))"]
        }
        let answers = try PythonPeer().ask(questions)
        #expect(answers == (0..<120).map { $0 % 2 == 0 ? "valid" : "invalid" })
    }

    @Test("Signatures of the peer are verified, those of RSA too, and damaged ones are not")
    func peers() throws {
        let payload =
            #"{"att":[{"can":"store/add","with":"did:web:x","nb":{"a":"é","b":[1,true,null]}}],"aud":"did:web:y","#
            + #""exp":null,"prf":[],"nnc":"x"}"#
        let kinds = ["ed25519", "p256", "2048", "3072"]
        let texts = try PythonPeer().ask((0..<8).map { "issue \(kinds[$0 % 4]) \(payload)" })
        for text in texts {
            let token = try Token(text)
            #expect(token.cid.codec == .dagCBOR)
            #expect(try token.jwt == text)
            let key = try #require(try token.payload.issuer.key)
            #expect(try token.isSigned(by: key))
            #expect(try Token(token.block).isSigned(by: key))
            var raw = token.signature.raw
            raw[raw.count / 2] ^= 1
            #expect(!key.verifies(Signature(token.signature.algorithm, raw), of: Array(text.utf8)))
        }
        let weak = try Token(PythonPeer().ask(["issue 1024 \(payload)"])[0])
        #expect(error { _ = try weak.payload.issuer.key } == .malformed)
    }

    @Test("Envelopes of the peer are read and verified, and damaged ones are not")
    func envelopes() throws {
        let kinds = ["ed25519", "p256", "2048"]
        for (kind, text) in zip(kinds, try PythonPeer().ask(kinds.map { "envelope \($0)" })) {
            let input = try bytes(hex: text)
            let envelope = try Envelope(decoding: input)
            let key = try #require(try envelope.issuer.key)
            #expect(envelope.isSigned(by: key), "\(kind)")
            #expect(envelope.statement == .delegation(policy: [["==", ".a", ["é", 1]]]))
            var damaged = input
            damaged[input.count - 1] ^= 1
            #expect(!(try Envelope(decoding: damaged).isSigned(by: key)))
        }
    }
}
