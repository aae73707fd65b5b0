#if HTTPStores
import KeyValue
import StoreHTTP
import Synchronization
import TestServers
import TestSupport
import Testing

@Suite struct TransportTests {
    /// Sends one request to a server that answers so, within a time that only a failing test needs.
    private func outcome(
        _ answer: HTTPExchangeAnswer,
        method: String = "POST",
        body: [UInt8] = [1, 2, 3],
        timeout: Duration = .seconds(120),
        replyBytesMax: Int = 1 << 20
    ) async throws -> Result<StoreReply, HTTPFailure> {
        let server = try ScriptedHTTPServer.start { _ in answer }
        let endpoint = try HTTPEndpoint(server.url)
        let request = StoreRequest(method, at: endpoint, "/a", body: body, replyBytesMax: replyBytesMax)
        return try await send(request, timeout: timeout)
    }

    private func send(
        _ request: StoreRequest,
        timeout: Duration = .seconds(120)
    ) async throws -> Result<StoreReply, HTTPFailure> {
        let transport = try AsyncTransport(HTTPConfiguration(), environment: .live)
        let result: Result<StoreReply, HTTPFailure>
        do throws(HTTPFailure) {
            result = .success(try await transport.send(request, deadline: StoreEnvironment.live.now() + timeout))
        } catch {
            result = .failure(error)
        }
        await transport.close()
        return result
    }

    /// Only the authority that is named is trusted, and only for its own name.
    @Test func authoritiesAreTheNamedOnes() async throws {
        let server = try await EncryptedFileServer.start()
        var known = HTTPConfiguration()
        known.authorities = server.authority
        for (host, configuration, isTrusted) in [
            ("127.0.0.1", known, true), ("localhost", known, true), ("127.0.0.1", HTTPConfiguration(), false),
            ("127.0.0.2", known, false),
        ] {
            let transport = try AsyncTransport(configuration, environment: .live)
            let endpoint = try HTTPEndpoint(host: host, port: server.port, isEncrypted: true)
            let request = StoreRequest("GET", at: endpoint, EncryptedFileServer.path)
            let deadline = StoreEnvironment.live.now() + .seconds(20)
            if isTrusted {
                let reply = try await transport.send(request, deadline: deadline)
                #expect(reply.status == 200 && reply.body == Array(EncryptedFileServer.page.utf8))
            } else {
                let secret = StoreRequest("POST", at: endpoint, EncryptedFileServer.path, body: [1])
                let failure = await #expect(throws: HTTPFailure.self) {
                    _ = try await transport.send(secret, deadline: deadline)
                }
                #expect(failure?.maybeSent == false)
            }
            await transport.close()
        }
        var missing = HTTPConfiguration()
        missing.authorities = server.authority + ".not-there"
        #expect(throws: StoreError.self) { _ = try AsyncTransport(missing, environment: .live) }
        server.stop()
    }

    @Test func requestArrivesAsItIs() async throws {
        let server = try ScriptedHTTPServer.start { _ in .reply(HTTPExchangeReply(200, "{}")) }
        let targets = [
            "/a%2Fb/%2E%2E/c%20d?e=%22f%22&g=1+2", "/a//b/../c", "/%00%C3%A9%25", "/~a'b(c)*!$,;:@", "/?", "/a?b?c=/d",
        ]
        for target in targets {
            let request = StoreRequest(
                "PUT",
                at: try HTTPEndpoint(server.url),
                target,
                headers: [("X-A", "é")],
                body: [7]
            )
            _ = try await send(request).get()
        }
        #expect(server.requests.map(\.target) == targets)
        #expect(server.requests.allSatisfy { $0.body == [7] && $0.method == "PUT" && $0.headers["x-a"] == "é" })
        // Some clients drop such a path: better none than another.
        for target in ["/%FF", "/%", "/%zz", "/ a", "/é", "a", "", "/a#b"] {
            let failure = await #expect(throws: HTTPFailure.self) {
                try await send(StoreRequest("PUT", at: try HTTPEndpoint(server.url), target, body: [7])).get()
            }
            #expect(failure?.kind == .illegalRequest)
        }
        #expect(server.requests.count == targets.count)
        #expect(server.requests.first?.headers["host"] == "127.0.0.1:\(server.port)")
    }

    @Test func replyArrivesWhole() async throws {
        let reply = HTTPExchangeReply(299, headers: [("X-B", "c")], body: Array(repeating: 9, count: 500))
        for answer in [HTTPExchangeAnswer.reply(reply), .slowly(reply)] {
            let found = try await outcome(answer).get()
            #expect(found.status == 299)
            #expect(found["x-b"] == "c")
            #expect(found.body == reply.body)
        }
        // A redirection is not followed.
        let redirection = HTTPExchangeReply(302, headers: [("Location", "/elsewhere")])
        #expect(try await outcome(.reply(redirection)).get().status == 302)
    }

    @Test func silenceEndsAtTheDeadline() async throws {
        for body in [[], [1]] as [[UInt8]] {
            let found = try await outcome(.hang, body: body, timeout: .milliseconds(300))
            #expect(throws: HTTPFailure(.timedOut, maybeSent: true)) { try found.get() }
        }
        let late = try await outcome(.hang, timeout: .zero)
        #expect(throws: HTTPFailure(.timedOut, maybeSent: false)) { try late.get() }
    }

    @Test func silenceInTheBodyEndsAtTheDeadline() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)
        let found = try await outcome(.unfinished(head), timeout: .milliseconds(300))
        #expect(throws: HTTPFailure(.timedOut, maybeSent: true)) { try found.get() }
    }

    @Test(arguments: ["truncated", "disconnect", "reset", "early"])
    func lostRepliesMayHaveBeenSent(_ name: String) async throws {
        let reply = HTTPExchangeReply(200, body: Array(repeating: 9, count: 500))
        let answers: [String: HTTPExchangeAnswer] = [
            "truncated": .truncated(reply, bodyBytes: 100), "disconnect": .disconnect, "reset": .reset,
            "early": .truncated(reply, bodyBytes: 0),
        ]
        for body in [[], [1]] as [[UInt8]] {
            guard case .failure(let failure) = try await outcome(try #require(answers[name]), body: body) else {
                Issue.record("A reply that is not whole counts as one.")
                continue
            }
            #expect(failure.kind == .disconnected)
            #expect(failure.maybeSent)
        }
    }

    @Test func strangersAreNoServers() async throws {
        let garbage = try await outcome(.raw(Array("+OK redis\r\n".utf8)))
        let large = try await outcome(.reply(HTTPExchangeReply(200, body: [1, 2, 3])), replyBytesMax: 2)
        #expect(throws: HTTPFailure(.tooLarge, maybeSent: true)) { try large.get() }
        let failure = #expect(throws: HTTPFailure.self) { try garbage.get() }
        #expect(failure?.kind == .illegalReply)
        let exact = try await outcome(.reply(HTTPExchangeReply(200, body: [1, 2, 3])), replyBytesMax: 3)
        #expect(try exact.get().body == [1, 2, 3])
    }

    @Test func whatIsNotConnectedWasNotSent() async throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:\(FreePort.find())")
        for method in ["PUT", "DELETE"] {
            let request = StoreRequest(method, at: endpoint, "/", body: method == "PUT" ? [1] : [])
            let failure = await #expect(throws: HTTPFailure.self) { try await send(request).get() }
            #expect(failure?.kind == .notConnected)
            #expect(failure?.maybeSent == false)
        }
        // A server that speaks no TLS.
        let plain = try ScriptedHTTPServer.start { _ in .hang }
        let encrypted = try HTTPEndpoint(host: "127.0.0.1", port: plain.port, isEncrypted: true)
        let failure = await #expect(throws: HTTPFailure.self) {
            try await send(StoreRequest("PUT", at: encrypted, "/", body: [1])).get()
        }
        #expect(failure?.maybeSent == false)
    }

    @Test func cancellationEndsAtOnce() async throws {
        let server = try ScriptedHTTPServer.start { _ in .hang }
        let request = StoreRequest("POST", at: try HTTPEndpoint(server.url), "/", body: [1])
        let task = Task { try await send(request) }
        try await Patience.until { !server.requests.isEmpty }
        task.cancel()
        let found = try await task.value
        #expect(throws: HTTPFailure(.cancelled, maybeSent: true)) { try found.get() }
    }

    @Test func connectionsAreKeptAndLimited() async throws {
        let server = try ScriptedHTTPServer.start { _ in .reply(HTTPExchangeReply(200, "{}")) }
        let location = try StoreLocation("kind://x?connections=3")
        let transport = try AsyncTransport(HTTPConfiguration(location, isEncrypted: false), environment: .live)
        let request = StoreRequest("GET", at: try HTTPEndpoint(server.url), "/")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    let deadline = StoreEnvironment.live.now() + .seconds(120)
                    let reply = try await transport.send(request, deadline: deadline)
                    #expect(reply.status == 200)
                }
            }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 60)
        #expect(server.acceptedCount <= 3)
        await transport.close()
        let failure = await #expect(throws: HTTPFailure.self) {
            try await transport.send(request, deadline: StoreEnvironment.live.now() + .seconds(120))
        }
        #expect(failure?.kind == .closed)
        await transport.close()
    }

    @Test func secretsAreNotTold() async throws {
        let endpoint = try HTTPEndpoint("http://127.0.0.1:1")
        let request = StoreRequest("PUT", at: endpoint, "/s3cret", headers: [("X", "s3cret\n")], body: [1])
        #expect("\(request) \(String(reflecting: request))".contains("s3cret") == false)
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("s3cret"))
        let failure = await #expect(throws: HTTPFailure.self) { try await send(request).get() }
        #expect(failure?.kind == .illegalRequest)
        let told = try #require(failure)
        #expect(!"\(told) \(told.storeError(at: endpoint, changes: true))".contains("s3cret"))
    }
}
#endif
