import IPLD
import TestSupport
import Testing
import UCAN

/// Archives that other implementations publish for their own tests.
@Suite("Published archives of tokens", .enabled(if: PublicSuites.hasCheckouts, "WHEREHOUSE_SUITES names no folder"))
struct PublishedTests {
    private static let workflow = "upload-service/packages/w3up-client/test/fixtures/workflow.car"
    private static let claims =
        "js-indexing-service-client/test/fixtures/zQmRm3SMS4EbiKYy7VeV3zqXqzyr76mq9b2zg3Tij3VhKUG.queryresult.car"

    @Test("Another implementation's delegation is read, verified and written the same")
    func foreign() throws {
        let archive = try PublicSuites.checkouts.bytes("go-ucanto/core/delegation/delegationnonb.car")
        let delegation = try Delegation(archive: archive)
        let key = try #require(try delegation.payload.issuer.key)
        #expect(try delegation.token.isSigned(by: key))
        #expect(delegation.payload.capabilities.allSatisfy { $0.nb == nil })
        #expect(try delegation.archive() == archive)
    }

    @Test("Every token among published claims is read and verified")
    func claims() throws {
        let car = try CAR(decoding: PublicSuites.checkouts.bytes(PublishedTests.claims))
        var names: [String] = []
        for block in car.blocks where block.cid.codec == .dagCBOR {
            // The root has keys of bytes that are no text.
            guard try DAGCBOR.decode(block.bytes, .lenient)["iss"] != nil else { continue }
            let token = try Token(block)
            #expect(token.block == block)
            let key = try #require(try token.payload.issuer.key)
            #expect(try token.isSigned(by: key))
            names += token.payload.capabilities.map(\.can.text)
        }
        #expect(names == ["assert/location", "assert/index", "assert/index", "assert/location"])
    }

    @Test("A published message of receipts is read, verified and written the same")
    func receipts() throws {
        let archive = try PublicSuites.checkouts.bytes(PublishedTests.workflow)
        let message = try Message(decoding: archive)
        #expect(message.encoded() == archive)
        #expect(!message.execute.isEmpty || !message.report.isEmpty)
        for ran in message.report.keys {
            let receipt = try #require(try message.receipt(of: ran))
            #expect(receipt.block.bytes == (try DAGCBOR.encode(DAGCBOR.decode(receipt.block.bytes))))
        }
    }
}
