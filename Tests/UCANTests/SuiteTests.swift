import IPLD
import Testing
import UCAN

/// The suite of version 0.8.1, whose tokens are JSON Web Tokens with their proofs within.
@Suite("Published tokens of version 0.8.1")
struct SuiteTests {
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

    @Test("Valid tokens are read, verified and written the same", arguments: try Fixture.cases("0.8.1-valid.json"))
    func isTaken(_ suite: Fixture.Case) throws {
        let token = try Token(suite.token)
        #expect(try token.jwt == suite.token)
        #expect(try Token(token.block) == token)
        let time = max(1_700_000_000, (token.payload.notBefore ?? 0) + 1)
        #expect(refusal(suite.token, at: time) == nil)
    }

    /// Two kinds of case are not refused by version 0.9.1, which has no such rules: a proof that expires earlier than
    /// what it proves (it then refuses when it has expired, as is seen here at a later time), and resources that count
    /// proofs (`prf:2`), which are but resources that nobody has.
    @Test("Invalid tokens are refused", arguments: try Fixture.cases("0.8.1-invalid.json"))
    func isRefused(_ suite: Fixture.Case) {
        let errors = suite.errors ?? []
        if errors.contains("prfWitnessDoesNotExist") {
            #expect(refusal(suite.token, at: 1_700_000_000) == nil)
        } else if errors.contains("expWitnessTimeBoundExceeded") {
            #expect([1_700_000_000, 5_000_000_000, 7_900_000_000].contains { refusal(suite.token, at: $0) != nil })
        } else {
            #expect(refusal(suite.token, at: 1_700_000_000) != nil)
        }
    }

    @Test("The suite is whole")
    func count() throws {
        #expect(try Fixture.cases("0.8.1-valid.json").count == 15)
        #expect(try Fixture.cases("0.8.1-invalid.json").count == 40)
    }
}
