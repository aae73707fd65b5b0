#if HTTP
import AsyncHTTPClient
import HTTPAPI
import Hummingbird
import KeyValue
import NIOCore
import Testing

@Suite struct HTTPServerTests {
    @Test func aServiceIsServed() async throws {
        try await RunningServer.run([Echo()]) { server in
            #expect(server.address.isLoopback)
            let reply = try await server.send("POST", "/v1/echo/a%20b", body: .bytes(ByteBuffer(string: "hello")))
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(reply.body == "{\"body\":\"hello\",\"caller\":\"tester\",\"name\":\"a b\"}\n")
        }
    }

    @Test func nobodyGetsInWithoutAToken() async throws {
        try await RunningServer.run([Echo()]) { server in
            for path in ["/v1/echo/a", "/metrics", "/nothing"] {
                for token in [nil, "another-token-altogether"] {
                    let reply = try await server.send("POST", path, token: token, body: .bytes(ByteBuffer(string: "x")))
                    #expect(reply.status == 401)
                    #expect(reply.headers["www-authenticate"] == "Bearer")
                    #expect(reply.headers["content-type"] == "application/problem+json")
                    #expect(try reply.field("code") == "unauthorized")
                }
            }
            for path in ["/healthz", "/readyz"] {
                #expect(try await server.send("GET", path, token: nil).status == 200)
            }
        }
    }

    @Test func errorsAreProblems() async throws {
        try await RunningServer.run([Echo()]) { server in
            let failures: [(path: String, status: UInt, code: String)] = [
                ("/v1/echo/store-error", 409, "locked"), ("/v1/echo/problem", 418, "teapot"),
                ("/v1/echo/unknown", 500, "internal"), ("/v1/other", 404, "notFound"),
            ]
            for (path, status, code) in failures {
                let reply = try await server.send("POST", path)
                #expect(reply.status == status)
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(try reply.field("type") == "about:blank")
                #expect(try reply.field("status", as: UInt.self) == status)
                #expect(try reply.field("code") == code)
                #expect(try reply.field("detail")?.isEmpty == false)
                #expect(!reply.body.contains("a secret of ours"))
            }
            #expect(server.log.all.contains { $0.contains("a secret of ours") })
            let throttled = try await server.send("POST", "/v1/echo/throttled")
            #expect(throttled.status == 429)
            #expect(throttled.headers["retry-after"] == "2")
            #expect(try await server.send("DELETE", "/v1/echo/a").status == 404)
        }
    }

    @Test func answersToHeadHaveNoBody() async throws {
        try await RunningServer.run([Echo()]) { server in
            for path in ["/v1/echo/a", "/nothing", "/healthz", "/metrics"] {
                for _ in 0..<3 {
                    let reply = try await server.send("HEAD", path)
                    #expect(reply.status == 404 && reply.body.isEmpty, "\(path)")
                    #expect(try await server.send("GET", "/healthz").body == "ok\n")
                }
            }
        }
    }

    @Test func bodiesAreBounded() async throws {
        try await RunningServer.run([Echo(limits: RequestLimits(bodyBytesMax: 1_000))]) { server in
            let most = ByteBuffer(repeating: 0x61, count: 1_000)
            #expect(try await server.send("POST", "/v1/echo/a", body: .bytes(most)).status == 200)
            let more = ByteBuffer(repeating: 0x61, count: 1_001)
            let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
            continuation.yield(more)
            continuation.finish()
            for body in [HTTPClientRequest.Body.bytes(more), .stream(stream, length: .unknown)] {
                let reply = try await server.send("POST", "/v1/echo/a", body: body)
                #expect(reply.status == 413)
                #expect(reply.headers["connection"] == "close")
                #expect(try reply.field("code") == "bodyTooLarge")
            }
        }
    }

    @Test func timeIsBounded() async throws {
        try await RunningServer.run([Echo(limits: RequestLimits(timeMax: .milliseconds(50)))]) { server in
            let reply = try await server.send("POST", "/v1/echo/for-ever")
            #expect(reply.status == 504)
            #expect(try reply.field("code") == "timedOut")
            #expect(try await server.send("POST", "/v1/echo/a").status == 200)
        }
    }

    @Test func servicesSayWhenTheyAreNotReady() async throws {
        try await RunningServer.run([Echo(hindrance: "The store is away.")]) { server in
            let reply = try await server.send("GET", "/readyz", token: nil)
            #expect(reply.status == 503)
            #expect(try reply.field("detail") == "The store is away.")
            #expect(try await server.send("GET", "/healthz", token: nil).status == 200)
        }
    }

    @Test func requestsAreMeasuredAndLogged() async throws {
        try await RunningServer.run([Echo()]) { server in
            _ = try await server.send("POST", "/v1/echo/somebody")
            _ = try await server.send("POST", "/v1/echo/problem")
            _ = try await server.send("PROPFIND", "/v1/echo/problem")
            let metrics = try await server.send("GET", "/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            for labels in [
                #"method="POST",route="/v1/echo/{name}",status="200""#,
                #"method="POST",route="/v1/echo/{name}",status="418""#,
                #"method="other",route="NotFound",status="404""#,
            ] { #expect(metrics.body.contains("http_server_request_duration_seconds_count{\(labels)} 1\n")) }
            let line = try #require(server.log.all.first { $0.contains("path=/v1/echo/somebody") })
            for part in ["info ", "method=POST", "status=200", "caller=tester"] { #expect(line.contains(part)) }
            #expect(!server.log.all.contains { $0.contains(RunningServer.token) })
        }
    }

    @Test func requestsAreAnsweredBeforeItStops() async throws {
        let gate = Gate()
        try await RunningServer.run([Echo(gate: gate)]) { server in
            let pending = Task { try await server.send("POST", "/v1/echo/gate") }
            await gate.arrived.wait()
            server.stop()
            gate.opened.give()
            let reply = try await pending.value
            #expect(reply.status == 200)
        }
    }

    @Test func anAddressThatIsTakenIsToldOf() async throws {
        try await RunningServer.run([]) { server in
            let error = try await #require(throws: StoreError.self) {
                try await RunningServer.run([], options: HTTPServer.Options(address: server.address)) { _ in }
            }
            #expect(error.code == .unavailable)
            #expect(error.metadata["address"] == server.address.description)
        }
    }
}
#endif
