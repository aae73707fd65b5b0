#if HTTP
import AsyncHTTPClient
import Files
import HTTPAPI
import JSONFormat
import NIOCore
import TestSupport
import Testing

/// Requests whose paths, headers and bodies are made up: none of them brings the server out of step.
@Suite struct HostileHTTPTests {
    private static let seed: UInt64 = 20_261_121
    private static let count = 600

    private static let texts = [
        "", "*", "\"\"", "\"x\"", "W/\"x\"", "\"a\", \"b\"", "bytes=", "bytes=0-", "bytes=-1", "bytes=9-1",
        "bytes=0-0,2-3",
        "bytes=99999999999999999999-", "items=0-1", "-1", "0", "18446744073709551616", "gzip", "application/json",
        "text/plain; charset=x", "%00", "..", "../../secret", "k", String(repeating: "k", count: 300),
    ]
    private static let names = [
        "if-match", "if-none-match", "if-range", "range", "idempotency-key", "content-type", "content-encoding",
        "accept",
        "x-forwarded-for", "cookie",
    ]

    /// The answer to a request, which is sent anew where the server has closed the connection since the last one.
    private func answer(
        _ files: ServedFiles,
        _ send: (RunningServer) async throws -> RunningServer.Reply
    ) async throws -> RunningServer.Reply {
        for _ in 0..<5 {
            do { return try await send(files.server) } catch is ChannelError {} catch is HTTPClientError {}
        }
        return try await send(files.server)
    }

    @Test func everyRequestIsAnswered() async throws {
        try await ServedFiles.run { files in
            let hidden = try await files.make(#""name":"zqsecretqz""#)
            var generator = SeededGenerator(seed: HostileHTTPTests.seed)
            func one(of texts: [String]) -> String { texts.randomElement(using: &generator) ?? "" }
            let bodies = [
                "", "{}", "[]", "null", "{\"uploadId\":\"\(hidden.id)\"}", "{\"filename\":\"\(hidden.part)\"}", "\u{0}",
                String(repeating: "[", count: 5_000), "{\"username\":\"ann\"}", #"{"aliases":["a"]}"#,
            ]
            let paths =
                FilesAction.allCases.map { "/files/\($0.rawValue)" } + [
                    hidden.place, "/objects/\(hidden.part)", "/objects/a", "/objects/", "/objects", "/files", "/files/",
                    "/files/list/more", "//files/list", "/files/%2e%2e/list", "/objects/../files/list", "/openapi.json",
                    "/healthz", "/readyz", "/metrics", "/", "/files/tag.sync", "/objects/%2e%2e%2fsecret?signature=0",
                ]
            for number in 0..<HostileHTTPTests.count {
                var headers: [(String, String)] = []
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    headers.append((one(of: HostileHTTPTests.names), one(of: HostileHTTPTests.texts)))
                }
                let method = one(of: ["POST", "POST", "POST", "GET", "PUT", "HEAD", "DELETE", "PATCH", "PROPFIND"])
                let path = one(of: paths)
                let token =
                    number.isMultiple(of: 4) ? nil : number.isMultiple(of: 3) ? ServedFiles.nobody : ServedFiles.eve
                let body = method == "GET" || method == "HEAD" ? nil : one(of: bodies)
                let reply = try await answer(files) { server in
                    try await server.send(
                        method,
                        path,
                        token: token,
                        headers: headers,
                        body: body.map { .bytes(ByteBuffer(string: $0)) }
                    )
                }
                let told = "seed \(HostileHTTPTests.seed), \(number): \(method) \(path) \(headers): \(reply.status)"
                #expect(reply.status < 500, "\(told)")
                #expect(!reply.body.contains("zqsecretqz") && !reply.body.contains("what is kept"), "\(told)")
            }
            let mine = try await files.answer("info", #"{"filename":"\#(hidden.id)"}"#)
            #expect(mine["file"]?["name"]?.text == "zqsecretqz")
        }
    }
}
#endif
