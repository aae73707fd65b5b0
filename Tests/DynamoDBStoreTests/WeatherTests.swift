#if DynamoDB
import Foundation
import KeyValue
import StoreHTTP
import Synchronization
import TestServers
import TestSupport
import Testing

@testable import DynamoDBStore

/// What the imitation never does and the server may: refusals for load, half of what was asked for, lost replies.
@Suite(.serialized) struct WeatherTests {
    private static let key = Key("p", "a")

    /// Pauses between attempts take no time; what limits a call does.
    private static let environment: StoreEnvironment = {
        var environment = StoreEnvironment.live
        let pause = environment.sleep
        environment.sleep = { duration in
            if duration > .seconds(2) { try await pause(duration) } else { await Task.yield() }
        }
        return environment
    }()

    private func withStore(
        timeout: Int = 300,
        _ body: (any KeyValueStore, SerialProxy) async throws -> Void
    ) async throws {
        let proxy = try await MotoServer.shared().makeProxy()
        let table = "weather-\(UUID().uuidString)"
        let url = "dynamodb://key:secret@\(table)?region=us-east-1&endpoint=\(proxy.url)&timeout="
        // Made with patience, whatever the test has of it.
        await (try await DynamoDBDriver().open(StoreLocation(url + "300"), environment: .live)).close()
        let store = try await DynamoDBDriver().open(
            StoreLocation(url + "\(timeout)"),
            environment: WeatherTests.environment
        )
        try await body(store, proxy)
        await store.close()
        proxy.stop()
    }

    private func error(_ type: String, _ message: String = "", status: Int = 400) -> HTTPExchangeReply {
        HTTPExchangeReply(
            status,
            "{\"__type\":\"com.amazonaws.dynamodb.v20120810#\(type)\",\"message\":\"\(message)\"}",
            type: "application/x-amz-json-1.0"
        )
    }

    /// Answers the first requests of an operation so, and lets the others through.
    private func first(
        _ count: Int,
        of operation: String,
        _ answer: @escaping @Sendable (HTTPExchangeRequest, SerialProxy.Forwarding) -> HTTPExchangeAnswer
    ) -> SerialProxy.Interception {
        let seen = Counted()
        return { request, forward in
            guard request.headers["x-amz-target"]?.hasSuffix("." + operation) ?? false, seen.next() <= count else {
                return nil
            }
            return answer(request, forward)
        }
    }

    private final class Counted: Sendable {
        private let number = Mutex(0)

        func next() -> Int {
            number.withLock { number in
                number += 1
                return number
            }
        }
    }

    @Test(arguments: ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"])
    func throttlingIsWaitedFor(_ type: String) async throws {
        let refusal = error(type)
        try await withStore { store, proxy in
            proxy.intercept(first(3, of: "TransactWriteItems") { _, _ in .reply(refusal) })
            try await store.put([1], at: Self.key)
            proxy.intercept(first(3, of: "BatchGetItem") { _, _ in .reply(refusal) })
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    @Test func endlessThrottlingIsTold() async throws {
        let refusal = error("ThrottlingException")
        try await withStore { store, proxy in
            proxy.intercept { _, _ in .reply(refusal) }
            let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(failure?.code == .throttled)
        }
    }

    @Test func limitsAreKept() async throws {
        try await withStore { store, proxy in
            let limits = store.capabilities.limits
            let longest = Key(
                partition: Array(repeating: 0xFF, count: limits.partitionBytesMax),
                bytes: Array(repeating: 0xFF, count: limits.keyBytesMax)
            )
            // With its names and its key it has less than the 400 KB that an item may have.
            try await store.put(Array(repeating: 1, count: limits.valueBytesMax), at: longest)
            let entry = try await store.get(longest)
            #expect(entry?.value.count == limits.valueBytesMax)
            var longer = longest
            longer.bytes.append(0)
            var wider = longest
            wider.partition.append(0)
            let beyond = [
                (Self.key, limits.valueBytesMax + 1), (Self.key, 400 * 1_024), (longer, 1), (wider, 1),
            ]
            // Before the server is asked.
            proxy.intercept { _, _ in .disconnect }
            for (key, bytes) in beyond {
                let failure = await #expect(throws: StoreError.self) {
                    try await store.put(Array(repeating: 1, count: bytes), at: key)
                }
                #expect(failure?.code == .tooLarge)
            }
        }
    }

    @Test func repliesThatBreakOffAreNoReplies() async throws {
        try await withStore(timeout: 20) { store, proxy in
            try await store.put(Array(repeating: 7, count: 1_000), at: Self.key)
            proxy.intercept { request, forward in .truncated(forward(request), bodyBytes: 20) }
            let read = await #expect(throws: StoreError.self) { _ = try await store.get(Self.key) }
            #expect(read?.code == .unavailable)
            let write = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(write?.code == .outcomeUnknown)
        }
    }

    /// Of a record that the store lets through and the service finds too large all the same.
    @Test func theServersOwnLimitIsTold() async throws {
        let message = "Item size to update has exceeded the maximum allowed size"
        let cancelled = """
            {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled",
             "CancellationReasons":[{"Code":"None"},{"Code":"ValidationError","Message":"\(message)"}]}
            """
        let refusals = [HTTPExchangeReply(400, cancelled), error("ValidationException", message)]
        try await withStore { store, proxy in
            for refusal in refusals {
                proxy.intercept(first(1, of: "TransactWriteItems") { _, _ in .reply(refusal) })
                let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
                #expect(failure?.code == .tooLarge)
            }
        }
    }

    @Test func conflictsOfTransactionsAreTriedAgain() async throws {
        let body = """
            {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"cancelled",
             "CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]}
            """
        try await withStore { store, proxy in
            proxy.intercept(first(4, of: "TransactWriteItems") { _, _ in .reply(HTTPExchangeReply(400, body)) })
            try await store.put([1], at: Self.key, if: .absent)
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    @Test func whatWasLeftOutIsAskedForAgain() async throws {
        try await withStore { store, proxy in
            let keys = (0..<5).map { Key("p", "\($0)") }
            for key in keys { try await store.put(key.bytes, at: key) }
            // First nothing, then one, then the rest.
            let seen = Counted()
            proxy.intercept { request, forward in
                guard request.headers["x-amz-target"]?.hasSuffix(".BatchGetItem") ?? false else { return nil }
                let asked = String(decoding: request.body, as: UTF8.self)
                guard let start = asked.range(of: "\"weather-"), seen.next() <= 2 else { return nil }
                let rest = asked[start.lowerBound...].prefix { $0 != "]" }
                let table = rest.prefix { $0 != ":" }
                return .reply(
                    HTTPExchangeReply(200, "{\"Responses\":{\(table):[]},\"UnprocessedKeys\":{\(rest)]}}}")
                )
            }
            let values = try await store.get(keys).map { $0?.value }
            #expect(values == keys.map(\.bytes))
        }
    }

    @Test func whatIsAlwaysLeftOutIsGivenUp() async throws {
        try await withStore { store, proxy in
            let bin = try await store.bins()[0]
            let id = MarkID(high: 1, low: 1)
            _ = try await store.write(WriteBatch([.init(.put([1]), at: Self.key)], mark: id))
            proxy.intercept { request, _ in
                let asked = String(decoding: request.body, as: UTF8.self)
                let keys = asked.replacingOccurrences(of: "RequestItems", with: "UnprocessedKeys")
                let items = asked.replacingOccurrences(of: "RequestItems", with: "UnprocessedItems")
                let isRead = request.headers["x-amz-target"]?.hasSuffix(".BatchGetItem") ?? false
                guard let table = asked.firstMatch(of: /"weather-[^"]*"/)?.output else { return nil }
                return .reply(
                    HTTPExchangeReply(200, isRead ? "{\"Responses\":{\(table):[]}," + keys.dropFirst() : items)
                )
            }
            let read = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(read?.code == .throttled)
            let cleared = await #expect(throws: StoreError.self) { try await store.clearMarks([id], in: bin) }
            #expect(cleared?.code == .throttled)
        }
    }

    /// A page may hold nothing and not be the last, as the service has it where a filter or its own limit ends it.
    @Test(arguments: ["Query", "Scan"])
    func emptyPagesAreNotTheEnd(_ operation: String) async throws {
        try await withStore { store, proxy in
            let keys = (0..<5).map { Key("p", "\($0)") }
            for key in keys { try await store.put(key.bytes, at: key) }
            let isPassing = Mutex(true)
            let seen = Counted()
            proxy.intercept { request, forward in
                guard request.headers["x-amz-target"]?.hasSuffix("." + operation) ?? false else { return nil }
                let number = seen.next()
                if number <= 3 || !isPassing.withLock({ $0 }) {
                    // Another place each time, or the same for ever.
                    let place = isPassing.withLock { $0 } ? "!\(number)" : "!"
                    // The members of an item come in any order.
                    let members = DynamoDBLayout.item(at: Key("p", place)).json.members ?? []
                    let next = JSON.object(number.isMultiple(of: 2) ? members : members.reversed())
                    let text = String(decoding: next.encoded, as: UTF8.self)
                    return .reply(
                        HTTPExchangeReply(
                            200,
                            "{\"Count\":0,\"Items\":[],\"ScannedCount\":9,\"LastEvaluatedKey\":\(text)}"
                        )
                    )
                }
                // Those places are before everything.
                guard let asked = JSON(parsing: request.body)?.members else { return nil }
                guard number == 4 else { return nil }
                let whole = JSON.object(asked.filter { $0.name != "ExclusiveStartKey" })
                return .reply(forward(request.with(body: whole.encoded)))
            }
            let range = operation == "Query" ? KeyRange.partition(Array("p".utf8)) : .all()
            var found: [Key] = []
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(range, ScanOptions(), after: cursor)
                found += page.map(\.key)
                cursor = page.cursor
            } while cursor != nil
            #expect(found == keys)
            isPassing.withLock { $0 = false }
            let failure = await #expect(throws: StoreError.self) {
                _ = try await store.scan(range, ScanOptions(), after: nil)
            }
            #expect(failure?.code == .unsupported)
            let counting = await #expect(throws: StoreError.self) { _ = try await store.count(range) }
            #expect(counting?.code == .unsupported)
        }
    }

    @Test func lostRepliesLeaveTheOutcomeUnknown() async throws {
        try await withStore { store, proxy in
            proxy.intercept(
                first(1, of: "TransactWriteItems") { request, forward in
                    _ = forward(request)
                    return .disconnect
                }
            )
            let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(failure?.code == .outcomeUnknown)
            let entry = try await store.get(Self.key)
            #expect(entry?.value == [1])
        }
    }

    @Test(arguments: [500, 502, 504])
    func failuresOfTheServerLeaveTheOutcomeUnknown(_ status: Int) async throws {
        try await withStore { store, proxy in
            for page in [error("InternalServerError", status: status), .page(status)] {
                proxy.intercept(first(1, of: "TransactWriteItems") { _, _ in .reply(page) })
                let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
                #expect(failure?.code == .outcomeUnknown)
            }
        }
    }

    @Test func pagesInThePlaceOfRepliesAreNoReplies() async throws {
        try await withStore { store, proxy in
            proxy.intercept { _, _ in .reply(.page(200)) }
            let write = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(write?.code == .outcomeUnknown)
            let read = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(read?.code == .unsupported)
            let scan = await #expect(throws: StoreError.self) {
                _ = try await store.scan(.all(), ScanOptions(), after: nil)
            }
            #expect(scan?.code == .unsupported)
        }
    }

    @Test func aServerThatHangsIsGivenUp() async throws {
        try await withStore(timeout: 20) { store, proxy in
            proxy.intercept { _, _ in .hang }
            let write = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(write?.code == .outcomeUnknown)
            let read = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(read?.code == .timedOut)
        }
    }

    @Test func clocksThatDifferAreNamed() async throws {
        var refusal = error("InvalidSignatureException", "Signature expired: 20261121T1 is now earlier than 20261121T2")
        refusal.headers.append(("Date", "Tue, 01 Jan 2030 00:00:00 GMT"))
        let late = refusal
        try await withStore { store, proxy in
            proxy.intercept { _, _ in .reply(late) }
            let failure = await #expect(throws: StoreError.self) { try await store.get(Self.key) }
            #expect(failure?.code == .permissionDenied)
            #expect(failure?.metadata["skewSeconds"].flatMap { Int($0) } != nil)
        }
    }

    /// A secret, or a region, that is not the one of the key makes the signature a wrong one.
    @Test(arguments: [
        "UnrecognizedClientException", "AccessDeniedException", "ExpiredTokenException", "InvalidSignatureException",
    ])
    func missingRightsAreTold(_ type: String) async throws {
        let refusal = error(type)
        try await withStore { store, proxy in
            proxy.intercept { _, _ in .reply(refusal) }
            let failure = await #expect(throws: StoreError.self) { try await store.put([1], at: Self.key) }
            #expect(failure?.code == .permissionDenied)
        }
    }

    @Test func marksThatWereLeftAreClearedAgain() async throws {
        try await withStore { store, proxy in
            let bin = try await store.bins()[0]
            let ids = (0..<30).map { MarkID(high: $0 << 59, low: 1) }
            for id in ids { _ = try await store.write(WriteBatch([.init(.put([1]), at: Self.key)], mark: id)) }
            let seen = Counted()
            proxy.intercept { request, forward in
                guard request.headers["x-amz-target"]?.hasSuffix(".BatchWriteItem") ?? false, seen.next() == 1 else {
                    return nil
                }
                let asked = String(decoding: request.body, as: UTF8.self)
                return .reply(
                    HTTPExchangeReply(200, asked.replacingOccurrences(of: "RequestItems", with: "UnprocessedItems"))
                )
            }
            try await store.clearMarks(ids, in: bin)
            let left = try await store.marks(in: bin, limit: 100, after: nil)
            #expect(left.marks.isEmpty)
        }
    }
}
#endif
