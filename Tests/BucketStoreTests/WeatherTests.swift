#if S3
import BucketStore
import Foundation
import KeyValue
import Synchronization
import TestServers
import Testing

/// Servers that do something else than what was hoped for: an error that says what, in bounded time, and never a success
/// that is none.
@Suite(.serialized) struct WeatherTests {
    private static let key = Key("p", "a")

    private func withStore(
        timeout: Int = 300,
        _ body: (any KeyValueStore, SerialProxy, BucketServer) async throws -> Void
    ) async throws {
        let (server, proxy) = try await BucketServer.moto()
        try await server.make("weather")
        let prefix = UUID().uuidString
        // Made with patience, whatever the test has of it.
        await (try await server.open(server.url("weather", prefix: prefix))).close()
        let store = try await server.open(server.url("weather", prefix: prefix, timeout: timeout))
        try await body(store, proxy, server)
        await store.close()
        server.stop()
    }

    private static func error(_ code: String, status: Int, _ more: String = "") -> HTTPExchangeReply {
        HTTPExchangeReply(
            status,
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>said</Message>\(more)</Error>",
            type: "application/xml"
        )
    }

    @Test(arguments: [
        (error("AccessDenied", status: 403), StoreError.Code.permissionDenied),
        (error("SignatureDoesNotMatch", status: 403), .permissionDenied),
        (error("RequestTimeTooSkewed", status: 403), .permissionDenied),
        (error("NoSuchBucket", status: 404), .invalidArgument),
        (error("EntityTooLarge", status: 400), .tooLarge),
        (error("QuotaExceeded", status: 403), .full),
        (error("InternalError", status: 500), .outcomeUnknown),
        (error("NotImplemented", status: 501), .unsupported),
        (.page(200), .outcomeUnknown), (.page(403), .permissionDenied), (.page(404), .unsupported),
        (.page(502), .outcomeUnknown),
    ])
    func repliesToWritesAreUnderstood(_ reply: HTTPExchangeReply, _ code: StoreError.Code) async throws {
        try await withStore { store, proxy, _ in
            proxy.intercept { request, _ in request.method == "PUT" ? .reply(reply) : nil }
            let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(failure?.code == code)
        }
    }

    @Test(arguments: [
        (error("InternalError", status: 500), StoreError.Code.unavailable), (.page(200), .unsupported),
        (.page(404), .unsupported), (error("NoSuchBucket", status: 404), .invalidArgument),
    ])
    func repliesToReadsAreUnderstood(_ reply: HTTPExchangeReply, _ code: StoreError.Code) async throws {
        try await withStore { store, proxy, _ in
            try await store.put([1], at: Self.key)
            proxy.intercept { _, _ in .reply(reply) }
            let read = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(read?.code == code)
            let scan = await #expect(throws: StoreError.self) {
                _ = try await store.scan(.all(), ScanOptions(keysOnly: true), after: nil)
            }
            #expect(scan?.code == code)
        }
    }

    @Test func clocksThatDifferAreNamed() async throws {
        var refusal = Self.error("RequestTimeTooSkewed", status: 403)
        refusal.headers.append(("Date", "Tue, 01 Jan 2030 00:00:00 GMT"))
        let late = refusal
        try await withStore { store, proxy, _ in
            proxy.intercept { _, _ in .reply(late) }
            let failure = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(failure?.code == .permissionDenied)
            #expect(failure?.metadata["skewSeconds"].flatMap { Int($0) } != nil)
        }
    }

    @Test func lessLoadIsWaitedFor() async throws {
        try await withStore { store, proxy, _ in
            let left = Mutex(3)
            proxy.intercept { _, _ in
                left.withLock { left in
                    left -= 1
                    return left >= 0 ? .reply(Self.error("SlowDown", status: 503)) : nil
                }
            }
            try await store.put([1], at: Self.key)
            left.withLock { $0 = 3 }
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    @Test func conflictsAreTriedAgain() async throws {
        try await withStore { store, proxy, _ in
            let left = Mutex(3)
            proxy.intercept { request, _ in
                guard request.method == "PUT" else { return nil }
                return left.withLock { left in
                    left -= 1
                    return left >= 0 ? .reply(Self.error("ConditionalRequestConflict", status: 409)) : nil
                }
            }
            try await store.put([1], at: Self.key, if: .absent)
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    /// Somebody was there between the look and the write, and is gone.
    @Test func aConditionThatFailsIsLookedAtAgain() async throws {
        try await withStore { store, proxy, _ in
            for condition in [Precondition.vacant, .absent, nil] {
                let left = Mutex(2)
                proxy.intercept { request, _ in
                    let isConditional = request.headers["if-match"] != nil || request.headers["if-none-match"] != nil
                    guard request.method == "PUT", isConditional else { return nil }
                    return left.withLock { left in
                        left -= 1
                        return left >= 0 ? .reply(Self.error("PreconditionFailed", status: 412)) : nil
                    }
                }
                let key = Key("p", "\(condition.map { "\($0)" } ?? "add")")
                if let condition {
                    try await store.put([1], at: key, if: condition)
                } else {
                    _ = try await store.write(WriteBatch([.init(.add(1), at: key)]))
                }
                let value = try await store.get(key)?.value
                #expect(value == (condition == nil ? Counter.encode(1) : [1]))
                #expect(left.withLock { $0 } < 0)
            }
        }
    }

    /// A page may have nothing and not be the last, where much was deleted.
    @Test func emptyPagesAreNotTheEnd() async throws {
        try await withStore { store, proxy, _ in
            let keys = (0..<3).map { Key("p", "\($0)") }
            for key in keys { try await store.put([1], at: key) }
            let isEndless = Mutex(false)
            proxy.intercept { request, forward in
                guard request.query["list-type"] == "2" else { return nil }
                let token = request.query["continuation-token"].flatMap { Int($0) } ?? 0
                if token == 3, !isEndless.withLock({ $0 }) {
                    // The server did not give that token.
                    let target = request.target.replacing(/continuation-token=[^&]*&?/, with: "")
                    let whole = HTTPExchangeRequest(
                        method: request.method,
                        target: target,
                        headers: request.headers,
                        body: request.body
                    )
                    return .reply(forward(whole))
                }
                let next = isEndless.withLock { $0 } ? 1 : token + 1
                return .reply(
                    HTTPExchangeReply(
                        200,
                        "<ListBucketResult><IsTruncated>true</IsTruncated><KeyCount>0</KeyCount>"
                            + "<NextContinuationToken>\(next)</NextContinuationToken></ListBucketResult>",
                        type: "application/xml"
                    )
                )
            }
            let found = try await store.scan(.all(), ScanOptions(), after: nil).map(\.key)
            #expect(found == keys)
            isEndless.withLock { $0 = true }
            let failure = await #expect(throws: StoreError.self) {
                _ = try await store.scan(.all(), ScanOptions(keysOnly: true), after: nil)
            }
            #expect(failure?.code == .unsupported)
        }
    }

    @Test func whatIsNotDeletedIsTold() async throws {
        let partly = "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>"
        try await withStore { store, proxy, _ in
            try await store.put([1], at: Self.key)
            for (reply, code) in [
                (HTTPExchangeReply(200, partly, type: "application/xml"), StoreError.Code.outcomeUnknown),
                (.page(200), .outcomeUnknown), (Self.error("AccessDenied", status: 403), .permissionDenied),
            ] {
                proxy.intercept { request, _ in request.method == "POST" ? .reply(reply) : nil }
                let failure = await #expect(throws: StoreError.self) {
                    _ = try await store.delete(.all(), limit: 10, epoch: nil, after: nil)
                }
                #expect(failure?.code == code)
            }
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    @Test func brokenRepliesAreErrors() async throws {
        try await withStore(timeout: 20) { store, proxy, _ in
            try await store.put(Array(repeating: 7, count: 1_000), at: Self.key)
            proxy.intercept { request, forward in .truncated(forward(request), bodyBytes: 5) }
            let truncated = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(truncated?.code == .unavailable || truncated?.code == .unsupported)
            proxy.intercept { _, _ in .hang }
            let hanging = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(hanging?.code == .timedOut)
            proxy.intercept { request, _ in request.method == "PUT" ? .hang : nil }
            let lost = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(lost?.code == .outcomeUnknown)
        }
    }

    @Test func lostRepliesLeaveTheOutcomeUnknown() async throws {
        try await withStore { store, proxy, _ in
            let isFirst = Mutex(true)
            proxy.intercept { request, forward in
                guard request.method == "PUT", isFirst.withLock({ $0 }) else { return nil }
                isFirst.withLock { $0 = false }
                _ = forward(request)
                return .disconnect
            }
            let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key, if: .vacant) }
            #expect(failure?.code == .outcomeUnknown)
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    @Test func theRegionThatTheServerNamesIsTaken() async throws {
        let (server, proxy) = try await BucketServer.moto()
        try await server.make("weather")
        proxy.intercept { request, _ in
            guard request.headers["authorization"]?.contains("/us-east-1/") ?? false else { return nil }
            var reply = Self.error("PermanentRedirect", status: 301)
            reply.headers.append(("x-amz-bucket-region", "eu-west-1"))
            return .reply(reply)
        }
        let store = try await server.open(server.url("weather", prefix: UUID().uuidString))
        let facts = try await store.status().facts
        #expect(facts.contains(StoreStatus.Fact("region", "eu-west-1")))
        await store.close()
        server.stop()
    }

    /// One redirection is followed at opening; none without end, and none later.
    @Test func otherRedirectionsAreTold() async throws {
        try await withStore { store, proxy, server in
            proxy.intercept { request, _ in
                var reply = Self.error("PermanentRedirect", status: 301)
                let isFirst = request.headers["authorization"]?.contains("/us-east-1/") ?? false
                reply.headers.append(("x-amz-bucket-region", isFirst ? "eu-west-1" : "us-east-1"))
                return .reply(reply)
            }
            let read = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(read?.code == .invalidArgument && read?.metadata["region"] == "eu-west-1")
            let write = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(write?.code == .invalidArgument)
            let opening = await #expect(throws: StoreError.self) { _ = try await server.open(server.url("weather")) }
            #expect(opening?.code == .invalidArgument)
        }
    }

    @Test(arguments: ["ignored", "refused", "unknown"])
    func conditionsThatAreNotHeededAreFoundOut(_ way: String) async throws {
        let (server, proxy) = try await BucketServer.moto()
        try await server.make("weather")
        proxy.intercept { request, forward in
            guard request.headers["if-match"] != nil || request.headers["if-none-match"] != nil else { return nil }
            switch way {
            case "ignored":
                var headers = request.headers
                headers["if-match"] = nil
                headers["if-none-match"] = nil
                return .reply(forward(request.with(headers)))
            case "refused": return .reply(Self.error("PreconditionFailed", status: 412))
            default: return .reply(.page(501))
            }
        }
        let store = try await server.open(server.url("weather", prefix: UUID().uuidString))
        #expect(!store.capabilities.conditionalWrite)
        #expect(store.capabilities.consistency == .eventual)
        let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key, if: .vacant) }
        #expect(failure?.code == .unsupported)
        try await store.put([1], at: Self.key)
        let entry = try await store.get(Self.key)
        #expect(entry?.value == [1])
        await store.close()
        server.stop()
    }

    @Test func aBucketWithVersionsWorksAndIsTold() async throws {
        let (server, _) = try await BucketServer.moto()
        try await server.make("versions")
        let client = try server.client("versions")
        try await client.setVersioning("Enabled")
        let store = try await server.open(server.url("versions", prefix: UUID().uuidString))
        let first = try #require(try await store.put([1], at: Self.key, if: .vacant))
        try await store.put([2], at: Self.key, if: .revision(first))
        let stale = await #expect(throws: StoreError.self) {
            try await store.put([3], at: Self.key, if: .revision(first))
        }
        #expect(stale?.code == .preconditionFailed)
        try await store.delete(Self.key)
        try await store.put([4], at: Self.key, if: .vacant)
        #expect(try await store.status().warnings.count == 1)
        await client.close()
        await store.close()
        server.stop()
    }

    @Test func limitsAreKept() async throws {
        try await withStore { store, _, _ in
            let limits = store.capabilities.limits
            let longest = Key(
                partition: Array(repeating: 0xFF, count: limits.partitionBytesMax),
                bytes: Array(repeating: 0xFF, count: limits.keyBytesMax)
            )
            try await store.put(Array(repeating: 1, count: 500 * 1_024), at: longest)
            let entry = try await store.get(longest)
            #expect(entry?.value.count == 500 * 1_024)
            var longer = longest
            longer.bytes.append(0)
            let key = await #expect(throws: StoreError.self) { try await store.put([1], at: longer) }
            #expect(key?.code == .tooLarge)
            let value = await #expect(throws: StoreError.self) {
                try await store.put(Array(repeating: 1, count: limits.valueBytesMax + 1), at: Self.key)
            }
            #expect(value?.code == .tooLarge)
            #expect(limits.keyBytesMax >= Limits.portable.keyBytesMax)
            #expect(limits.partitionBytesMax >= Limits.portable.partitionBytesMax)
        }
    }

    @Test(arguments: [
        "s3:bucket?region=r", "s3://k:s@BUCKET?region=r", "s3://k:s@bucket/?region=r&style=other",
        "s3://k:s@bucket/a%20b?region=r", "s3://k:s@bucket?region=r&colour=red", "s3://k:s@ab?region=r",
    ])
    func wrongURLsAreRefused(_ url: String) async throws {
        let failure = await #expect(throws: StoreError.self) {
            _ = try await BucketDriver().open(StoreLocation(url), environment: .live)
        }
        #expect(failure?.code == .invalidArgument)
    }
}
#endif
