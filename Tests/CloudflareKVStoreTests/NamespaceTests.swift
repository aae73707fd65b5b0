#if CloudflareKV
import CloudflareKVStore
import KeyValue
import Migration
import TestServers
import TestSupport
import Testing

@Suite struct NamespaceTests {
    private typealias Item = ScriptedCloudflareKV.Item

    /// Serves a namespace, and opens it by its URL.
    private func withStore(
        _ namespace: ScriptedCloudflareKV,
        _ options: String = "",
        _ body: (any KeyValueStore) async throws -> Void
    ) async throws {
        let server = try ScriptedHTTPServer.start { namespace.answer($0) }
        let url = "cloudflare-kv://:t0ken@acc1/ns1?layout=raw&endpoint=\(server.url)\(options)"
        let store = try await CloudflareKVDriver().open(StoreLocation(url), environment: .live)
        do { try await body(store) } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func key(_ name: String) -> Key { Key("ns1", name) }

    private func failure(_ call: () async throws -> Void) async -> StoreError? {
        do { try await call() } catch { return error as? StoreError }
        return nil
    }

    /// Every record of a scan.
    private func records(
        _ store: any KeyValueStore,
        _ options: ScanOptions
    ) async throws -> [String: CloudflareKVRecord] {
        var found: [String: CloudflareKVRecord] = [:]
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(.all(), options, after: cursor)
            for row in page {
                let name = String(decoding: row.keyBytes, as: UTF8.self)
                #expect(found[name] == nil)
                found[name] = try CloudflareKVRecord(decoding: Array(row.value))
            }
            cursor = page.cursor
        } while cursor != nil
        return found
    }

    private static let items: [String: Item] = {
        var items: [String: Item] = [:]
        for number in 0..<2_345 { items["user:\(number)"] = Item(Array("v\(number)".utf8)) }
        items["é/ %?"] = Item(
            Array("{\"a\":\"é\"}".utf8),
            metadata: "{\"b\":[1,2.50],\"a\":null}",
            expiration: 2_000_000_000
        )
        items["binary"] = Item([0, 0xFF, 0x80], metadata: "\"m\"")
        items["replacement"] = Item(Array("\u{FFFD}".utf8))
        items["empty"] = Item([])
        return items
    }()

    private static let expected = items.mapValues {
        CloudflareKVRecord($0.value, metadata: $0.metadata, expiresAtSeconds: $0.expiration.map(Int64.init))
    }

    @Test(arguments: [(1, 1 << 20), (100, 300), (1_000, 1 << 20), (4_096, 50)])
    func everythingIsRead(limit: Int, bytesMax: Int) async throws {
        // One key a page would take a request a key.
        let items = limit == 1 ? Self.items.filter { !$0.key.hasPrefix("user:1") } : Self.items
        let namespace = ScriptedCloudflareKV(items, emptyPageEvery: 3)
        try await withStore(namespace) { store in
            let found = try await records(store, ScanOptions(limit: limit, bytesMax: bytesMax))
            #expect(found == Self.expected.filter { items[$0.key] != nil })
            #expect(try await store.count(.all()).value == items.count)
            #expect(try await store.partitions(in: .records, limit: 10, after: nil).partitions == [Array("ns1".utf8)])
        }
        // What was read for one page is there for the next.
        #expect(namespace.requestCount < 60)
    }

    @Test func keysAreReadByName() async throws {
        try await withStore(ScriptedCloudflareKV(Self.items)) { store in
            let keys = [key("binary"), key("nothing"), Key("other", "empty"), key("empty"), key("binary"), key("..")]
            let found = try await store.get(keys)
            #expect(found.map { $0 != nil } == [true, false, false, true, true, false])
            #expect(try CloudflareKVRecord(decoding: #require(found[0]).value).value == [0, 0xFF, 0x80])
            #expect(try CloudflareKVRecord(decoding: #require(found[0]).value).metadata == "\"m\"")
            let long = Key(partition: Array("ns1".utf8), bytes: Array(repeating: 0x61, count: 513))
            #expect(await failure { _ = try await store.get(long) }?.code == .tooLarge)
        }
        try await withStore(ScriptedCloudflareKV(Self.items), "&prefix=user:123") { store in
            let count = try await store.count(.all())
            #expect(count.value == 11)
        }
    }

    /// A scan that was left in the middle has no part in the next one, however long ago that was.
    @Test func aScanBeginsAnew() async throws {
        try await withStore(ScriptedCloudflareKV(["a": Item([1]), "b": Item([2])])) { store in
            let left = try await store.scan(.all(), ScanOptions(limit: 1), after: nil)
            #expect(left.count == 1 && left.cursor != nil)
            try await store.put(CloudflareKVRecord([3]).encoded(), at: key("c"))
            let found = try await records(store, ScanOptions())
            #expect(found.keys.sorted() == ["a", "b", "c"])
        }
    }

    @Test func recordsAreWritten() async throws {
        let namespace = ScriptedCloudflareKV(["old": Item([1])], staleness: 2)
        try await withStore(namespace) { store in
            let record = CloudflareKVRecord([0xFF], metadata: "{\"a\":1}", expiresAtSeconds: 2_000_000_000)
            try await store.put(record.encoded(), at: key("new"))
            try await store.delete(key("old"))
            // Neither shows at once.
            #expect(try await store.get(key("old")) != nil)
            try await Patience.until { try await store.get(key("new")) != nil }
            #expect(try await CloudflareKVRecord(decoding: #require(store.get(key("new"))).value).value == [0xFF])
            #expect(namespace.items == ["new": Item([0xFF], metadata: "{\"a\":1}", expiration: 2_000_000_000)])
            #expect(await failure { try await store.put([1], at: key("x")) }?.code == .corrupted)
            #expect(await failure { try await store.put(record.encoded(), at: key(".")) }?.code == .invalidArgument)
            let conditional = await failure { try await store.put(record.encoded(), at: key("x"), if: .absent) }
            #expect(conditional?.code == .unsupported)
        }
    }

    @Test func badWeatherIsAnError() async throws {
        let namespace = ScriptedCloudflareKV(Self.items)
        try await withStore(namespace, "&timeout=60") { store in
            for answer in [HTTPExchangeAnswer.disconnect, .reset, .reply(.page(502)), .reply(.page(503))] {
                namespace.fail("/bulk/get", answer)
                let found = try await store.get(key("empty"))
                #expect(found != nil)
                namespace.fail("/bulk", answer)
                let written = await failure { try await store.put(CloudflareKVRecord([]).encoded(), at: key("x")) }
                // A server that says that it serves nobody is asked again.
                if case .reply(let reply) = answer, reply.status == 503 {
                    #expect(written == nil)
                } else {
                    #expect(written?.code == .outcomeUnknown)
                }
            }
            namespace.fail("/keys", .reply(.page(200)))
            #expect(await failure { _ = try await store.scan(.all(), ScanOptions(), after: nil) }?.code == .unsupported)
            namespace.fail("/bulk/get", .reply(HTTPExchangeReply(200, "{\"success\":true,\"result\":{\"values\":{}}}")))
            #expect(await failure { _ = try await store.get(key("empty")) }?.code == .unsupported)
            namespace.fail("/keys", .reply(HTTPExchangeReply(429, headers: [("retry-after", "300")])))
            let limited = await failure { _ = try await store.scan(.all(), ScanOptions(), after: nil) }
            #expect(limited?.code == .throttled && limited?.retryAfter == .seconds(300))
        }
        try await withStore(namespace, "&timeout=1") { store in
            namespace.fail("/bulk/get", .hang)
            let read = await failure { _ = try await store.get(key("empty")) }
            #expect(read?.code == .timedOut)
            namespace.fail("/bulk", .hang)
            let written = await failure { try await store.put(CloudflareKVRecord([]).encoded(), at: key("x")) }
            #expect(written?.code == .outcomeUnknown)
        }
    }

    @Test func repliesThatAreNotWholeAreNoReplies() async throws {
        let namespace = ScriptedCloudflareKV(Self.items)
        let record = CloudflareKVRecord([]).encoded()
        try await withStore(namespace, "&timeout=60") { store in
            let half = HTTPExchangeReply(200, "{\"success\":true,\"errors\":[],\"result\":{\"values\":{}}}")
            namespace.fail("/bulk/get", .truncated(half, bodyBytes: 30))
            let found = try await store.get(key("empty"))
            #expect(found != nil)
            namespace.fail("/keys", .truncated(half, bodyBytes: 0))
            let page = try await store.scan(.all(), ScanOptions(), after: nil)
            #expect(!page.isEmpty)
            for answer in [HTTPExchangeAnswer.truncated(half, bodyBytes: 30), .reply(.page(200))] {
                namespace.fail("/bulk", answer)
                let written = await failure { try await store.put(record, at: key("x")) }
                #expect(written?.code == .outcomeUnknown)
                namespace.fail("/bulk/delete", answer)
                let deleted = await failure { try await store.delete(key("x")) }
                #expect(deleted?.code == .outcomeUnknown)
            }
            namespace.fail("/bulk/get", .reply(.page(200)))
            let read = await failure { _ = try await store.get(key("empty")) }
            #expect(read?.code == .unsupported)
        }
    }

    @Test func whatIsRefusedIsTold() async throws {
        let namespace = ScriptedCloudflareKV(Self.items)
        let record = CloudflareKVRecord([]).encoded()
        let denied = "{\"success\":false,\"errors\":[{\"code\":10000,\"message\":\"Authentication error\"}]}"
        let refusals: [(HTTPExchangeReply, StoreError.Code)] = [
            (HTTPExchangeReply(401, denied), .permissionDenied), (HTTPExchangeReply(403, denied), .permissionDenied),
            (HTTPExchangeReply(413, "{}"), .tooLarge),
            (HTTPExchangeReply(302, headers: [("location", "http://127.0.0.1/elsewhere")]), .unsupported),
            (HTTPExchangeReply(429, headers: [("retry-after", "300")]), .throttled),
        ]
        try await withStore(namespace) { store in
            for (reply, code) in refusals {
                namespace.fail("/bulk", .reply(reply))
                let refused = await failure { try await store.put(record, at: key("x")) }
                #expect(refused?.code == code)
            }
            let largest = store.capabilities.limits.valueBytesMax
            let larger = Array(repeating: 1 as UInt8, count: largest + 1)
            let long = Key(partition: Array("ns1".utf8), bytes: Array(repeating: 0x61, count: 513))
            for (key, value) in [(long, record), (key("x"), larger)] {
                let refused = await failure { try await store.put(value, at: key) }
                #expect(refused?.code == .tooLarge)
            }
            // Of several keys, one was not written.
            let partly = "{\"success\":true,\"result\":{\"successful_key_count\":1,\"unsuccessful_keys\":[\"b\"]}}"
            namespace.fail("/bulk", .reply(HTTPExchangeReply(200, partly)))
            var batches: [WriteBatch] = []
            for name in ["a", "b"] { batches.append(WriteBatch([.init(.put(record), at: key(name))])) }
            let results = await store.write(each: batches)
            #expect(throws: Never.self) { try results[0].get() }
            let left = #expect(throws: StoreError.self) { try results[1].get() }
            #expect(left?.code == .outcomeUnknown)
        }
        #expect(namespace.items["x"] == nil)
    }

    @Test func urlsAndTokensAreChecked() async throws {
        let namespace = ScriptedCloudflareKV()
        let server = try ScriptedHTTPServer.start { namespace.answer($0) }
        func code(_ url: String) async -> StoreError.Code? {
            await failure {
                await (try await CloudflareKVDriver().open(StoreLocation(url), environment: .live)).close()
            }?.code
        }
        let place = "?layout=raw&endpoint=\(server.url)"
        #expect(await code("cloudflare-kv://:t0ken@acc1/ns1\(place)") == nil)
        #expect(await code("cloudflare-kv://:wrong@acc1/ns1\(place)") == .permissionDenied)
        #expect(await code("cloudflare-kv://:t0ken@acc1/ns2\(place)") == .invalidArgument)
        #expect(await code("cloudflare-kv://:t0ken@acc1/ns1?endpoint=\(server.url)") == .unsupported)
        for url in [
            "cloudflare-kv:", "cloudflare-kv://acc1/ns1", "cloudflare-kv://:t@acc1", "cloudflare-kv://:t@a.b/c",
        ] {
            #expect(await code(url + "?layout=raw") == .invalidArgument)
        }
    }

    /// Leaving a namespace, with nothing that the copy knows of it.
    @Test func aNamespaceIsCopiedAndVerified() async throws {
        let namespace = ScriptedCloudflareKV(Self.items, emptyPageEvery: 2)
        let directory = try TemporaryDirectory()
        try await withStore(namespace) { source in
            let target = MemoryStore()
            let report = try await Copier(to: target).copy(from: source, temporaryDirectory: directory.path)
            #expect(report.written == Self.items.count)
            let verifier = Verifier(temporaryDirectory: directory.path)
            #expect(try await verifier.verify(source, against: target).isEqual)
            try await target.put([1], at: key("binary"))
            #expect(try await !verifier.verify(source, against: target).isEqual)
        }
    }

    private struct Bytes: ByteSink, ByteSource {
        var bytes: [UInt8] = []
        private var place = 0

        mutating func write(_ bytes: [UInt8]) async throws(StoreError) { self.bytes += bytes }

        mutating func read(_ count: Int) async throws(StoreError) -> [UInt8] {
            let piece = Array(bytes[place...].prefix(count))
            place += piece.count
            return piece
        }
    }

    /// Those who must go back have as many requests as those who come.
    @Test func manyKeysGoBackInFewRequests() async throws {
        let directory = try TemporaryDirectory()
        let source = MemoryStore()
        let record = CloudflareKVRecord([1]).encoded()
        for number in 0..<2_500 { try await source.put(record, at: key("k\(number)")) }
        let namespace = ScriptedCloudflareKV()
        try await withStore(namespace) { target in
            let before = namespace.requestCount
            let copier = Copier(to: target, options: CopyOptions(onExisting: .replace))
            let report = try await copier.copy(from: source, temporaryDirectory: directory.path)
            #expect(report.written == 2_500)
            #expect(namespace.requestCount - before == 3)
            let billed = try #require(target as? any BilledStore)
            #expect(billed.billed.counts == [0, 2_500, 0, 0])
            #expect(abs(billed.tariff.price(of: billed.billed) - 0.0125) < 1e-9)
        }
        #expect(namespace.items.count == 2_500)
    }

    @Test func aDumpIsPutBack() async throws {
        let directory = try TemporaryDirectory()
        let items = Self.items.filter { !$0.key.hasPrefix("user:") }
        var dump = Bytes()
        try await withStore(ScriptedCloudflareKV(items)) { source in
            _ = try await Dumper(source, options: DumpOptions(createdSeconds: 1)).write(to: &dump)
        }
        let emptied = ScriptedCloudflareKV(["empty": Item([9])])
        try await withStore(emptied) { target in
            var reader = try await DumpReader(dump)
            let copier = Copier(to: target, options: CopyOptions(onExisting: .replace))
            let report = try await copier.restore(&reader, temporaryDirectory: directory.path)
            #expect(report.written == items.count)
        }
        let found = emptied.items
        #expect(Set(found.keys) == Set(items.keys))
        for (name, item) in items {
            #expect(found[name]?.value == item.value)
            #expect(found[name]?.expiration == item.expiration)
            #expect((found[name]?.metadata == nil) == (item.metadata == nil))
        }
    }
}
#endif
