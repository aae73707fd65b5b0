import IPLD
import TestSupport
import Testing
import UCAN

/// The suite of version 0.8.1, whose tokens are JSON Web Tokens with their proofs within.
@Suite(
    "Published tokens of version 0.8.1",
    .enabled(if: PublicSuites.hasCheckouts, "WHEREHOUSE_SUITES names no folder")
)
struct SuiteTests {
    struct Case: Decodable, Sendable, CustomStringConvertible {
        struct Assertions: Decodable, Sendable { let validationErrors: [String]? }

        let comment: String
        let token: String
        let assertions: Assertions

        var errors: [String] { assertions.validationErrors ?? [] }
        var description: String { "\(comment) \(errors)" }
    }

    private static func cases(_ name: String) throws -> [Case] {
        try !PublicSuites.hasCheckouts ? [] : PublicSuites.checkouts.cases("spec/fixtures/0.8.1/\(name).json")
    }

    /// Why a token or one of its proofs is refused at a time; nil where none is. The names are those of the suite's
    /// errors where they are the same.
    private func refusal(_ text: String, at time: Int64) -> String? {
        do {
            let token = try Token(text)
            guard let key = try token.payload.issuer.key, try token.isSigned(by: key) else { return "signature" }
            if token.payload.isExpired(at: time) { return "expExpired" }
            if token.payload.isTooEarly(at: time) { return "nbfNotReady" }
            let delegation = Delegation(token)
            for link in token.payload.proofs {
                guard let proof = try delegation.proof(link) else { return "missing" }
                if proof.payload.audience != token.payload.issuer { return "prfWitnessNotAligned" }
                if let reason = refusal(try proof.token.jwt, at: time) { return reason }
            }
            return nil
        } catch {
            return "unreadable: \(error)"
        }
    }

    @Test("Valid tokens are read, verified and written the same", arguments: try cases("valid"))
    func isTaken(_ suite: Case) throws {
        let token = try Token(suite.token)
        #expect(try token.jwt == suite.token)
        #expect(try Token(token.block) == token)
        let time = max(1_700_000_000, (token.payload.notBefore ?? 0) + 1)
        #expect(refusal(suite.token, at: time) == nil)
    }

    /// Two kinds of case are not refused by version 0.9.1, which has no such rules: a proof that expires earlier than
    /// what it proves (it then refuses when it has expired, as is seen here at a later time), and resources that count
    /// proofs (`prf:2`), which are but resources that nobody has.
    @Test("Invalid tokens are refused", arguments: try cases("invalid"))
    func isRefused(_ suite: Case) {
        if suite.errors.contains("prfWitnessDoesNotExist") {
            #expect(refusal(suite.token, at: 1_700_000_000) == nil)
        } else if suite.errors.contains("expWitnessTimeBoundExceeded") {
            #expect([1_700_000_000, 5_000_000_000, 7_900_000_000].contains { refusal(suite.token, at: $0) != nil })
        } else {
            #expect(refusal(suite.token, at: 1_700_000_000) != nil)
        }
    }

    @Test("The suite is whole")
    func count() throws {
        #expect(try Self.cases("valid").count == 15)
        #expect(try Self.cases("invalid").count == 40)
    }
}

/// The suite of version 1.0.0-rc.1, of whose rules those are seen here that are not about chains and policies.
@Suite("Published envelopes", .enabled(if: PublicSuites.hasCheckouts, "WHEREHOUSE_SUITES names no folder"))
struct EnvelopeSuiteTests {
    private func suite(_ name: String) throws -> NodeMap {
        let bytes = try PublicSuites.checkouts.bytes("spec/fixtures/1.0.0/\(name).json")
        guard case .map(let map) = try DAGJSON.decode(bytes, .lenient) else { return [:] }
        return map
    }

    private func list(_ node: Node?) -> [Node] {
        guard case .list(let list)? = node else { return [] }
        return list
    }

    /// Why one of a case's tokens is refused; nil where none is.
    private func refusal(_ node: Node) throws -> Text? {
        let time: Int64
        if case .integer(let integer)? = node["time"] { time = integer.value(as: Int64.self) ?? 0 } else { time = 0 }
        for token in [node["invocation"]] + list(node["proofs"]) {
            guard case .bytes(let bytes)? = token else { return "unreadable" }
            let envelope = try Envelope(decoding: bytes)
            let key = try #require(try envelope.issuer.key)
            if !envelope.isSigned(by: key) { return "InvalidSignature" }
            if envelope.isExpired(at: time) { return "Expired" }
            if envelope.isTooEarly(at: time) { return "TooEarly" }
        }
        return nil
    }

    @Test("Invocations and their proofs are read, and refused as the suite says")
    func invocations() throws {
        let suite = try suite("invocation")
        for valid in list(suite["valid"]) { #expect(try refusal(valid) == nil, "\(valid)") }
        let own: [Node] = ["InvalidSignature", "Expired", "TooEarly"]
        var refused = 0
        for invalid in list(suite["invalid"]) {
            let name = invalid["error"]?["name"]
            guard let name, own.contains(name) else { continue }
            refused += 1
            #expect(try refusal(invalid).map { .string($0) } == name)
        }
        #expect(list(suite["valid"]).count == 7 && refused == 5)
    }

    @Test("A delegation is read under its name")
    func delegations() throws {
        for valid in list(try suite("delegation")["valid"]) {
            guard case .string(let token)? = valid["token"], case .string(let cid)? = valid["cid"] else {
                Issue.record("a case without token")
                continue
            }
            let bytes = try Multibase.base64Padded.decodeBody(token.description)
            let envelope = try Envelope(decoding: bytes)
            #expect(envelope.cid.description == cid.description)
            #expect(envelope.isSigned(by: try #require(try envelope.issuer.key)))
        }
    }
}
