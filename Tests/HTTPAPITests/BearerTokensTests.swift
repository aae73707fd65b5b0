import HTTPAPI
import KeyValue
import Testing

@Suite struct BearerTokensTests {
    private let first = "0123456789abcdef"
    private let second = "fedcba9876543210-._~+/=="

    @Test func holdersAreTold() throws {
        let tokens = try BearerTokens("# two\n\n\(first)\r\n  alice \t\(second)  \n")
        #expect(tokens.holder(authorization: "Bearer \(first)") == TokenHolder(name: "http", rights: .all))
        #expect(tokens.holder(authorization: "bearer \(second)")?.name == "alice")
        for header in [
            "", "Bearer", "Bearer ", "Basic \(first)", "Bearer  \(first)", "Bearer \(first) ",
            "Bearer \(first.dropLast())",
            "Bearer \(first)\(first)", "Bearer \(first)x", "Bearer \(first.dropLast())g", "\(first)",
            "Bearer \(String(repeating: "a", count: 100_000))", "Bearer \u{0}",
        ] { #expect(tokens.holder(authorization: header) == nil, "\(header.prefix(40))") }
    }

    @Test func namesAreWhole() throws {
        // Two owners whose names begin alike are two.
        let long = "owner:" + String(repeating: "\u{1F9A6}", count: 78)
        let tokens = try BearerTokens("\(long)a \(first)\n\(long)b \(second)")
        #expect(tokens.holder(authorization: "Bearer \(first)")?.name == long + "a")
        #expect(tokens.holder(authorization: "Bearer \(second)")?.name == long + "b")
        let longest = String(repeating: "n", count: BearerTokens.nameBytesMax)
        #expect(try BearerTokens("\(longest) \(first)").holder(authorization: "Bearer \(first)")?.name == longest)
        #expect(throws: StoreError.self) { try BearerTokens("\(longest)n \(first)") }
    }

    @Test func whatIsNoTokenIsRefused() {
        let many = Array(repeating: first, count: BearerTokens.countMax + 1).joined(separator: "\n")
        for text in [
            "", "# nothing", "short", "a b \(first)", "0123456789abcde\u{E9}", "01234567,89abcdef0",
            String(repeating: "a", count: 513), many,
        ] { #expect(throws: StoreError.self, "\(text.prefix(40))") { try BearerTokens(text) } }
    }

    @Test func theLineIsNamedAndTheTokenIsNot() throws {
        let error = try #require(throws: StoreError.self) { try BearerTokens("\(first)\nsecret") }
        #expect(error.metadata["line"] == "2")
        #expect(!"\(error)".contains("secret"))
    }
}
