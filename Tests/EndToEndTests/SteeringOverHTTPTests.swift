#if HTTP
import Foundation
import TestServers
import Testing

/// A worker that is started by command, and steered over HTTP, with curl as the client.
@Suite struct SteeringOverHTTPTests {
    private static let token = "a-token-of-the-tests"

    let tool: Tool
    /// Keeps the control store.
    let server: RedisServer
    let migration: Migrations

    init() async throws {
        tool = try Tool()
        server = try await RedisServer.start()
        migration = Migrations(
            tool: tool,
            name: "files",
            control: server.url + "?accept=relaxed",
            source: "sqlite:old.db",
            target: "sqlite:new.db"
        )
    }

    private func send(
        _ method: String,
        _ path: String,
        body: String? = nil,
        token: String = SteeringOverHTTPTests.token,
        to address: String
    ) async throws -> (Int, [String: Any]) {
        let data = body.map { " -d '\($0)'" } ?? ""
        let answer = try await tool.shell(
            """
            curl -sS --max-time 120 --cacert own.pem -X \(method)\(data) -H 'Authorization: Bearer \(token)' \
                -w '\n%{http_code}' \(address)\(path)
            """
        )
        try #require(answer.status == 0, "\(answer)")
        let lines = answer.output.split(separator: "\n")
        let status = try #require(lines.last.flatMap { Int($0) })
        let object = try JSONSerialization.jsonObject(with: Data(lines.dropLast().joined().utf8))
        return (status, object as? [String: Any] ?? [:])
    }

    @Test(arguments: ["http", "https"]) func aWorkerIsSteered(scheme: String) async throws {
        try await migration.fill(200)
        try await tool.makeCertificate("own")
        try Data("# who looks after it\noperator \(SteeringOverHTTPTests.token)\n".utf8)
            .write(to: tool.directory.appending(path: "tokens"))
        var arguments = ["--listen", "0", "--token-file", "tokens", "--quiet", "--json"]
        if scheme == "https" { arguments += ["--tls-certificate-file", "own.pem", "--tls-key-file", "own.key"] }
        let worker = try tool.start(["migrate", "work", migration.url] + arguments)
        let address = try await worker.url()
        #expect(address.hasPrefix("\(scheme)://127.0.0.1:"))
        if scheme == "https" {
            let plain = try await send("GET", "/v1/migration", to: address.replacing("https:", with: "http:"))
            #expect((plain.0, plain.1.text("code")) == (400, "tlsNeeded"))
            let stranger = try await tool.shell("curl -sS \(address)/v1/migration")
            #expect(stranger.status == 60, "\(stranger)")
        }
        #expect(try await send("POST", "/v1/migration/plan", body: "{}", token: "wrong", to: address).0 == 401)
        let planned = try await send("POST", "/v1/migration/plan", body: "{}", to: address)
        #expect((planned.0, planned.1.text("mode")) == (200, "source"))
        #expect(try await send("POST", "/v1/migration/start", to: address).1.text("mode") == "captured")
        try await Patience.until {
            let (status, body) = try await send("GET", "/v1/migration", to: address)
            #expect(status == 200)
            return body.flag("ready")
        }
        let (status, body) = try await send("POST", "/v1/migration/cutover", to: address)
        #expect((status, body.text("mode")) == (200, "switched"))
        #expect(try await send("POST", "/v1/migration/start", to: address).0 == 200)
        #expect(try await send("POST", "/v1/migration/finalize", to: address).1.text("mode") == "target")
        // It ends by itself, with what it is asked to end with.
        let last = try #require(try await worker.output().split(separator: "\n").last)
        let ended = try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any]
        #expect(ended?.flag("over") == true)
        #expect(await worker.status() == 0)
        #expect(try await tool.output("get", "sqlite:new.db", "p0", "7") == "7\n")
    }

    @Test func aServerNeedsTokensAndAnAddress() async throws {
        try await migration.fill(1)
        try await migration.run("plan", on: migration.url)
        let listening: [[String]] = [
            ["--listen", "0"], ["--listen", "0", "--token-file", "none"], ["--token-file", "old.db"],
            ["--listen", "somewhere", "--token-file", "old.db"],
        ]
        for arguments in listening {
            let outcome = try await tool.run(["migrate", "work", migration.url, "--quiet"] + arguments)
            #expect(outcome.status != 0 && outcome.error.split(separator: "\n").count == 1, "\(outcome)")
        }
    }
}
#endif
