#if CouchDB
import CouchDBStore
import KeyValue
import TestServers
import TestSupport
import Testing

@Suite struct FaultTests {
    private let key = Key("p", "a")

    private func withStore(
        copies: Int = 1,
        timeout: Int = 60,
        _ body: (ScriptedCouchDB, any KeyValueStore) async throws -> Void
    ) async throws {
        let server = try ScriptedCouchDB.start(users: ["u": "p"], copies: copies)
        let url = "couchdb://u:p@127.0.0.1:\(server.port)/db?timeout=\(timeout)"
        let store = try await CouchDBDriver().open(StoreLocation(url), environment: .live)
        do { try await body(server, store) } catch {
            await store.close()
            throw error
        }
        await store.close()
        server.stop()
    }

    private func failure(_ call: () async throws -> Void) async -> StoreError? {
        do { try await call() } catch { return error as? StoreError }
        return nil
    }

    @Test func aLostReplyIsLookedUp() async throws {
        let answers: [HTTPExchangeAnswer] = [
            .disconnect, .reset, .reply(.page(502)), .reply(.page(200)), .raw([1, 2]),
        ]
        try await withStore { server, store in
            for (number, answer) in answers.enumerated() {
                let key = Key("p", "\(number)")
                server.fail("_bulk_docs", .lost(answer))
                let revision = try await store.put([7], at: key)
                #expect(try await store.get(key)?.value == [7])
                // The receipt is good for the next write.
                server.fail("_bulk_docs", .truncated)
                try await store.put([99], at: key, if: .revision(#require(revision)))
            }
        }
    }

    @Test func aWriteThatWasNotAppliedIsNoSuccess() async throws {
        let answers: [HTTPExchangeAnswer] = [.disconnect, .reset, .reply(.page(502)), .reply(.page(200))]
        try await withStore { server, store in
            for answer in answers {
                server.fail("_bulk_docs", .refused(answer))
                let error = await failure { try await store.put([1], at: key) }
                #expect(error?.code == .outcomeUnknown)
                #expect(try await store.get(key) == nil)
            }
            for status in [401, 403] {
                server.fail("_bulk_docs", .refused(.reply(HTTPExchangeReply(status, "{\"error\":\"unauthorized\"}"))))
                #expect(await failure { try await store.put([1], at: key) }?.code == .permissionDenied)
            }
            server.fail("_bulk_docs", .refused(.reply(HTTPExchangeReply(412, "{\"error\":\"missing_stub\"}"))))
            #expect(await failure { try await store.put([1], at: key) }?.code == .unsupported)
            // Said instead of doing anything, so it is sent again.
            server.fail("_bulk_docs", .refused(.reply(.page(503))))
            try await store.put([2], at: key)
            #expect(try await store.get(key)?.value == [2])
        }
    }

    @Test func lessLoadIsWaitedFor() async throws {
        var busy = HTTPExchangeReply(429, "{\"error\":\"too_many_requests\"}")
        try await withStore { server, store in
            for path in ["_bulk_docs", "_bulk_docs", "_bulk_get"] { server.fail(path, .refused(.reply(busy))) }
            try await store.put([1], at: key)
            #expect(try await store.get(key)?.value == [1])
            // Longer than it is worth waiting for.
            busy.headers.append(("Retry-After", "300"))
            for path in ["_bulk_docs", "_bulk_get"] { server.fail(path, .refused(.reply(busy))) }
            let write = await failure { try await store.put([2], at: key) }
            #expect(write?.code == .throttled && write?.retryAfter == .seconds(300))
            let read = await failure { _ = try await store.get(key) }
            #expect(read?.code == .throttled)
            let entry = try await store.get(key)
            #expect(entry?.value == [1])
        }
    }

    @Test func whatIsTooLargeIsTold() async throws {
        try await withStore { server, store in
            let largest = store.capabilities.limits.valueBytesMax
            try await store.put(Array(repeating: 0xFF, count: largest), at: key)
            #expect(try await store.get(key)?.value.count == largest)
            let larger = Array(repeating: 1 as UInt8, count: largest + 1)
            let refused = await failure { try await store.put(larger, at: key) }
            #expect(refused?.code == .tooLarge)
            // A server that is set to take less says so itself.
            server.fail("_bulk_docs", .refused(.reply(HTTPExchangeReply(413, "{\"error\":\"too_large\"}"))))
            let said = await failure { try await store.put([1], at: key) }
            #expect(said?.code == .tooLarge)
            #expect(try await store.get(key)?.value.count == largest)
        }
    }

    @Test func readsAreRepeated() async throws {
        let answers: [HTTPExchangeAnswer] = [.disconnect, .reset, .reply(.page(502)), .reply(.page(503)), .raw([])]
        try await withStore { server, store in
            try await store.put([1], at: key)
            for answer in answers {
                server.fail("_bulk_get", .refused(answer))
                #expect(try await store.get(key)?.value == [1])
                server.fail("_all_docs", .refused(answer))
                #expect(try await store.scan(.all(), ScanOptions(), after: nil).count == 1)
            }
            server.fail("_all_docs", .truncated)
            #expect(try await store.scan(.all(), ScanOptions(), after: nil).count == 1)
            server.fail("_bulk_get", .truncated)
            #expect(try await store.get(key)?.value == [1])
            server.fail("_bulk_get", .refused(.reply(.page(200))))
            #expect(await failure { _ = try await store.get(key) }?.code == .unsupported)
            server.drop("db")
            #expect(await failure { _ = try await store.get(key) }?.code == .unavailable)
        }
    }

    /// Whoever it is that sends callers elsewhere is not the server that was named.
    @Test(arguments: [301, 302, 307, 308]) func redirectionsAreNotFollowed(_ status: Int) async throws {
        try await withStore { server, store in
            try await store.put([1], at: key)
            let elsewhere = "http://127.0.0.1:\(server.port)/db/_bulk_docs"
            let reply = HTTPExchangeReply(status, headers: [("Location", elsewhere)])
            for path in ["_bulk_docs", "_bulk_get", "_all_docs"] { server.fail(path, .refused(.reply(reply))) }
            #expect(await failure { try await store.put([2], at: key) }?.code == .unsupported)
            #expect(await failure { _ = try await store.get(key) }?.code == .unsupported)
            #expect(await failure { _ = try await store.scan(.all(), ScanOptions(), after: nil) }?.code == .unsupported)
            #expect(try await store.get(key)?.value == [1])
        }
    }

    @Test func silenceEndsInTime() async throws {
        try await withStore(timeout: 1) { server, store in
            server.fail("_bulk_get", .refused(.hang))
            #expect(await failure { _ = try await store.get(key) }?.code == .timedOut)
            server.fail("_bulk_docs", .refused(.hang))
            #expect(await failure { try await store.put([1], at: key) }?.code == .outcomeUnknown)
        }
    }

    @Test func tooFewCopiesAreNoSuccess() async throws {
        try await withStore(copies: 3) { server, store in
            server.fail("_bulk_docs", .accepted)
            #expect(await failure { try await store.put([1], at: key, if: .absent) }?.code == .outcomeUnknown)
            // Without a precondition it only has to be there.
            server.fail("_bulk_docs", .accepted)
            let revision = try #require(try await store.put([2], at: key))
            try await store.put([3], at: key, if: .revision(revision))
        }
    }

    @Test func aConflictHasOneWinnerAndNoLosersLeft() async throws {
        try await withStore(copies: 3) { server, store in
            let rival =
                "{\"_id\":\"0 p a\",\"_rev\":\"9-ffffffffffffffffffffffffffffffff\",\"n\":\"00000000000000ff\",\"v\":\"CQ==\"}"
            let revision = try #require(try await store.put([1], at: key))
            try server.graft(rival, into: "db")
            #expect(try await store.get(key)?.value == [9])
            // The write goes to the leaf that loses, and too few nodes take it.
            server.fail("_bulk_docs", .accepted)
            let error = await failure { try await store.put([2], at: key, if: .revision(revision)) }
            #expect(error?.code == .preconditionFailed)
            #expect(server.leaves(of: "0 p a", in: "db").count { !$0.contains("_deleted") } == 1)
            #expect(try await store.delete(key) == true)
            #expect(try await store.get(key) == nil)
        }
    }

    @Test func strangersDocumentsAreNotRecords() async throws {
        try await withStore { server, store in
            try server.graft("{\"_id\":\"0 p b\",\"_rev\":\"1-a\",\"name\":\"x\"}", into: "db")
            #expect(await failure { _ = try await store.get(Key("p", "b")) }?.code == .corrupted)
            #expect(await failure { _ = try await store.scan(.all(), ScanOptions(), after: nil) }?.code == .corrupted)
        }
    }

    @Test func aKeyOverTheLimitIsRefusedAtOnce() async throws {
        try await withStore { server, store in
            let long = Key(partition: [1], bytes: Array(repeating: 0xFF, count: 1_025))
            #expect(await failure { try await store.put([1], at: long) }?.code == .tooLarge)
            let longest = Key(
                partition: Array(repeating: 0x00, count: 512),
                bytes: Array(repeating: 0x00, count: 1_024)
            )
            try await store.put([1], at: longest)
            let first = try await store.scan(.partition(longest.partition), ScanOptions(), after: nil).first
            #expect(first?.key == longest)
            // The longest bounds, of bytes that take the most characters.
            let wide = Key(
                partition: Array(repeating: 0x22, count: 512),
                bytes: Array(repeating: 0x22, count: 1_024)
            )
            try await store.put([1], at: wide)
            let range = KeyRange.partition(wide.partition, from: wide.bytes, to: wide.bytes + [0x22])
            #expect(try await store.scan(range, ScanOptions(), after: nil).map(\.key) == [wide])
        }
    }
}
#endif
