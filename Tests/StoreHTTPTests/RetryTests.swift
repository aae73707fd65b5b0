import KeyValue
import StoreHTTP
import Synchronization
import TestSupport
import Testing

/// Answers each request with the next of a list.
private final class ListedTransport: HTTPTransport {
    private let answers: Mutex<[Result<StoreReply, HTTPFailure>]>
    private let sent = Mutex(0)

    init(_ answers: [Result<StoreReply, HTTPFailure>]) { self.answers = Mutex(answers) }

    var sentCount: Int { sent.withLock { $0 } }

    func send(_ request: StoreRequest, deadline: Duration) async throws(HTTPFailure) -> StoreReply {
        sent.withLock { $0 += 1 }
        return try answers.withLock {
            $0.isEmpty ? .failure(HTTPFailure(.timedOut, maybeSent: true)) : $0.removeFirst()
        }
        .get()
    }

    func close() async {}
}

@Suite struct RetryTests {
    private static let lost = Result<StoreReply, HTTPFailure>.failure(HTTPFailure(.disconnected, maybeSent: true))
    private static let refused = Result<StoreReply, HTTPFailure>.failure(HTTPFailure(.notConnected, maybeSent: false))
    private static let fine = Result<StoreReply, HTTPFailure>.success(StoreReply(status: 200))

    private func status(
        _ status: Int,
        _ headers: [(name: String, value: String)] = []
    ) -> Result<StoreReply, HTTPFailure> {
        .success(StoreReply(status: status, headers: headers))
    }

    /// What comes of a call, and how many requests were sent.
    private func outcome(
        _ answers: [Result<StoreReply, HTTPFailure>],
        changes: Bool = false,
        isRepeatable: Bool = true,
        timeout: Duration = .seconds(30),
        time: SimulatedTime = SimulatedTime()
    ) async throws -> (code: StoreError.Code?, sent: Int) {
        let transport = ListedTransport(answers)
        let caller = HTTPCaller(transport, environment: time.environment, timeout: timeout)
        let endpoint = try HTTPEndpoint("http://127.0.0.1:1")
        do throws(StoreError) {
            _ = try await caller.call(changes: changes, isRepeatable: isRepeatable) { () throws(StoreError) in
                StoreRequest("POST", at: endpoint, "/")
            } _: { (reply) throws(StoreError) -> Int in
                guard reply.isSuccess else { throw reply.failure(at: endpoint, changes: changes) }
                return reply.status
            }
            return (nil, transport.sentCount)
        } catch {
            return (error.code, transport.sentCount)
        }
    }

    private func expect(
        _ found: (code: StoreError.Code?, sent: Int),
        _ code: StoreError.Code?,
        sent: Int,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(found.code == code, sourceLocation: location)
        #expect(found.sent == sent, sourceLocation: location)
    }

    @Test func readsAreRepeated() async throws {
        expect(try await outcome([Self.lost, Self.refused, status(503), Self.fine]), nil, sent: 4)
        expect(try await outcome([status(500), Self.fine]), nil, sent: 2)
        expect(try await outcome([]), .timedOut, sent: 5)
        expect(try await outcome([status(401), Self.fine]), .permissionDenied, sent: 1)
        expect(try await outcome([status(418), Self.fine]), .unsupported, sent: 1)
    }

    @Test func writesAreRepeatedWhereNothingWasWritten() async throws {
        expect(
            try await outcome([Self.refused, status(503), Self.fine], changes: true, isRepeatable: false),
            nil,
            sent: 3
        )
        for unknown in [Self.lost, status(500), status(502), status(504), status(408)] {
            let found = try await outcome([unknown, Self.fine], changes: true, isRepeatable: false)
            expect(found, .outcomeUnknown, sent: 1)
            expect(try await outcome([unknown, Self.fine], changes: true), nil, sent: 2)
        }
        // What came after does not tell what became of the first attempt.
        expect(try await outcome([Self.lost, status(401)], changes: true), .outcomeUnknown, sent: 2)
        expect(
            try await outcome([Self.lost] + Array(repeating: Self.refused, count: 9), changes: true),
            .outcomeUnknown,
            sent: 5
        )
        expect(try await outcome(Array(repeating: Self.refused, count: 9), changes: true), .unavailable, sent: 5)
    }

    @Test func waitsAreObeyedAndBounded() async throws {
        let time = SimulatedTime()
        expect(try await outcome([status(429, [("Retry-After", "2")]), Self.fine], time: time), nil, sent: 2)
        #expect(time.now == .seconds(2))
        let dates = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:49:38 GMT")]
        expect(try await outcome([status(503, dates), Self.fine], time: time), nil, sent: 2)
        #expect(time.now == .seconds(3))
        // Longer than it is worth waiting for.
        expect(try await outcome([status(429, [("retry-after", "300")]), Self.fine], time: time), .throttled, sent: 1)
        #expect(time.now == .seconds(3))
        expect(try await outcome([Self.lost, Self.fine], timeout: .nanoseconds(1), time: time), .unavailable, sent: 1)
        for text in ["-1", "x", "1.5", "Sun, 06 Nov 1994 08:49:38 GMT"] {
            #expect(StoreReply(status: 429, headers: [("retry-after", text)]).retryAfter == nil)
        }
    }

    @Test func pausesGrowAndStayWithinTheDeadline() {
        let planner = RetryPlanner(policy: RetryPolicy(attemptsMax: 4, pause: .seconds(1), pauseMax: .seconds(3)))
        let error = StoreError(.unavailable, "No.")
        func pause(_ attempt: Int, _ random: UInt64, deadline: Duration = .seconds(100)) -> Duration? {
            planner.pause(
                after: attempt,
                of: error,
                isRepeatable: false,
                now: .zero,
                deadline: deadline,
                random: random
            )
        }
        #expect([1, 2, 3, 4].map { pause($0, 0) } == [.milliseconds(500), .seconds(1), .milliseconds(1_500), nil])
        for attempt in 1...3 {
            let longest = pause(attempt, .max) ?? .zero
            #expect(longest > pause(attempt, 0) ?? .zero)
            #expect(longest <= .seconds(3))
        }
        #expect(pause(1, 0, deadline: .milliseconds(501)) != nil)
        #expect(pause(1, 0, deadline: .milliseconds(500)) == nil)
    }

    @Test func endpoints() throws {
        for text in ["http://example.com", "http://127.0.0.1:8080", "https://[::1]:5984", "https://localhost"] {
            #expect(try HTTPEndpoint(text).url == text)
        }
        #expect(try HTTPEndpoint("https://localhost:443/").url == "https://localhost")
        for text in [
            "a", "ftp://localhost", "http://", "http://u:p@localhost", "http://localhost/b", "http://localhost?b=c",
            "http://localhost,127.0.0.1", "http://localhost%0A",
        ] {
            let error = #expect(throws: StoreError.self) { try HTTPEndpoint(text) }
            #expect(error?.code == .invalidArgument)
        }
    }
}
