import HTTPAPI
import KeyValue
import Synchronization
import TestSupport
import Testing

@Suite struct IssuedTokensTests {
    private let ann = TokenHolder(name: "owner:ann of \u{1F9A6}", rights: [.read, .write])

    private func make(_ holder: TokenHolder, seed: UInt64, lifetime: Duration? = nil) -> (IssuedToken, String) {
        var generator = SeededGenerator(seed: seed)
        let made = IssuedToken.make(for: holder, at: 1_000, for: lifetime) { generator.next() }
        return (made.issued, made.token)
    }

    @Test func holdersAreToldUntilTheirTokensAreRevoked() throws {
        let (issued, token) = make(ann, seed: 1)
        let (_, stranger) = make(ann, seed: 2)
        var list = TokenList()
        list.tokens.append(issued)
        let tokens = IssuedTokens(list, milliseconds: { 2_000 })
        #expect(tokens.holder(authorization: "Bearer \(token)") == ann)
        for header in [
            "", "Bearer", "Bearer ", "Basic \(token)", "Bearer \(stranger)", "Bearer \(token)x",
            "Bearer \(issued.hash)",
        ] { #expect(tokens.holder(authorization: header) == nil) }
        tokens.replace(with: TokenList())
        #expect(tokens.holder(authorization: "Bearer \(token)") == nil)
    }

    @Test func tokensExpire() {
        let (issued, token) = make(ann, seed: 1, lifetime: .seconds(1))
        var list = TokenList()
        list.tokens.append(issued)
        for (now, isGood) in [(1_999 as UInt64, true), (2_000, false), (.max, false)] {
            let tokens = IssuedTokens(list, milliseconds: { now })
            #expect((tokens.holder(authorization: "Bearer \(token)") != nil) == isGood)
        }
    }

    @Test func aListIsReadAsItWasWritten() throws {
        var list = TokenList()
        let (first, token) = make(ann, seed: 1, lifetime: .seconds(5))
        list.tokens = [first, make(TokenHolder(name: "service", rights: .all), seed: 2).0]
        let bytes = try list.bytes()
        #expect(try TokenList(bytes) == list)
        #expect(try TokenList([]) == TokenList())
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains(token) && !text.contains(token.dropFirst(3)))
        for damaged in ["{}", "x", text.replacing("read", with: "reed"), text + "{"] {
            #expect(throws: StoreError.self) { try TokenList(Array(damaged.utf8)) }
        }
    }

    @Test func rightsHaveNames() {
        #expect(TokenRights.all.names == ["read", "write", "operate"])
        #expect(TokenRights(names: ["write", "read"]) == [.read, .write])
        #expect(TokenRights(names: []) == nil)
        #expect(TokenRights(names: ["Read"]) == nil)
    }
}
