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
