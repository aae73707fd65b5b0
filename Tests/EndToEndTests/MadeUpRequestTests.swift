#if HTTP
import Foundation
import Testing

/// The server under requests that schemathesis, which Scripts/install puts into .build/peers, makes up from the server's
/// own description: right ones, wrong ones in each place, and random ones.
@Suite struct MadeUpRequestTests {
    /// Every run makes up the same requests.
    private static let seed = 1
    /// Random ones of each operation, right and wrong; those that go through the description's every place are more.
    private static let examples = 3
    /// The original's refusals are kept where its notifiers rely on them, so what is wrong may be answered with success.
    private static let checks = [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    ]

    @Test func everyAnswerIsDescribedAndNoneBlamesTheServer() async throws {
        let tool = try Tool()
        let token = try await tool.run("token", "issue", "owner:ann").output.trimmingCharacters(in: .newlines)
        let server = try tool.start(["serve", "--listen", "0"])
        let url = try await server.url()
        let root = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let ran = try await tool.shell(
            """
            '\(root.path)/.build/peers/bin/st' run \(url)/openapi.json -H 'Authorization: Bearer \(token)' \
                --seed \(Self.seed) --max-examples \(Self.examples) --phases coverage,fuzzing \
                --checks \(Self.checks.joined(separator: ",")) --continue-on-failure --generation-database none --no-color
            """
        )
        #expect(ran.status == 0, "\(ran.output)\(ran.error)")
        let cases = try #require(ran.output.firstMatch(of: /([0-9]+) generated/), "\(ran.output)\(ran.error)")
        print("\(cases.1) requests were made up from seed \(Self.seed)")
        // It tells of operations that it passes over, and does not fail for them.
        #expect(ran.output.firstMatch(of: /Selected: ([0-9]+)\/\1\n +Tested: \1\n/) != nil, "\(ran.output)")
        #expect(server.isRunning)
        server.signal(SIGTERM)
        #expect(await server.status() == 0)
    }
}
#endif
