#if HTTP
import HTTPAPI
import KeyValue
import NIOCore
import Testing

/// What browsers are told of pages that ask from elsewhere.
@Suite struct AllowedOriginsTests {
    private static let origin = "https://example.com"

    private func preflight(
        _ server: RunningServer,
        _ path: String,
        from origin: String = origin,
        method: String = "POST"
    ) async throws -> RunningServer.Reply {
        try await server.send(
            "OPTIONS",
            path,
            token: nil,
            headers: [("Origin", origin), ("Access-Control-Request-Method", method)]
        )
    }

    @Test func pagesOfAllowedOriginsMayAsk() async throws {
        let options = HTTPServer.Options(allowedOrigins: try AllowedOrigins([Self.origin, "http://localhost:3000"]))
        try await ServedFiles.run(options: options) { served in
            for (path, method) in [("/files/upload", "POST"), ("/objects/a/b", "PUT"), ("/openapi.json", "GET")] {
                let reply = try await preflight(served.server, path, method: method)
                #expect(reply.status == 204 && reply.body.isEmpty)
                #expect(reply.headers["access-control-allow-origin"] == Self.origin)
                #expect(reply.headers["access-control-allow-methods"]?.contains(method) == true)
                for name in ["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Range"] {
                    #expect(reply.headers["access-control-allow-headers"]?.contains(name) == true)
                }
                #expect(reply.headers["access-control-allow-credentials"] == nil)
                #expect(reply.headers["vary"] == "Origin")
            }
            let other = try await preflight(served.server, "/files/upload", from: "http://localhost:3000")
            #expect(other.headers["access-control-allow-origin"] == "http://localhost:3000")

            let origin = [("Origin", Self.origin)]
            let listed = try await served.ask("list", "{}", headers: origin)
            #expect(listed.status == 200 && listed.headers["access-control-allow-origin"] == Self.origin)
            #expect(listed.headers["access-control-expose-headers"]?.contains("ETag") == true)
            #expect(listed.headers["vary"] == "Origin")
            // Pages are to know why they were refused.
            let refused = try await served.ask("list", "{}", token: "nobody-knows-this-token", headers: origin)
            #expect(refused.status == 401 && refused.headers["access-control-allow-origin"] == Self.origin)
        }
    }

    @Test func otherPagesMayNot() async throws {
        let options = HTTPServer.Options(allowedOrigins: try AllowedOrigins([Self.origin]))
        try await ServedFiles.run(options: options) { served in
            for origin in ["\(Self.origin).example.org", "http://example.com", "null", "*", ""] {
                let asked = try await preflight(served.server, "/files/upload", from: origin)
                #expect(asked.status >= 400 && asked.headers["access-control-allow-origin"] == nil)
                let listed = try await served.ask("list", "{}", headers: [("Origin", origin)])
                #expect(listed.status == 200 && listed.headers["access-control-allow-origin"] == nil)
                #expect(listed.headers["vary"] == "Origin")
            }
            // What is for operators and for buckets is not for pages.
            for path in ["/metrics", "/notifications/bucket", "/healthz"] {
                let asked = try await preflight(served.server, path)
                #expect(asked.status >= 400 && asked.headers["access-control-allow-origin"] == nil, "\(path)")
            }
        }
        try await ServedFiles.run { served in
            let asked = try await preflight(served.server, "/files/upload")
            #expect(asked.status == 401 && asked.headers["access-control-allow-origin"] == nil)
            let listed = try await served.ask("list", "{}", headers: [("Origin", Self.origin)])
            #expect(listed.headers["access-control-allow-origin"] == nil && listed.headers["vary"] == nil)
        }
    }

    @Test func originsAreNamedAsBrowsersWriteThem() throws {
        for origin in ["https://example.com", "http://127.0.0.1:3000", "http://localhost"] {
            _ = try AllowedOrigins([origin])
        }
        let hosts = [
            "", "example.com/", "example.com/b", "Example.com", "*.example.com", "example.com:443", "a b",
            "example.com:99999", "u@example.com", "example.com.",
        ]
        for origin in hosts.map({ "https" + "://" + $0 }) + ["*", "null", "", "example.com", "ftp:example.com"] {
            #expect(throws: StoreError.self, "\(origin)") { try AllowedOrigins([origin]) }
        }
    }
}
#endif
