#if S3
import AWSClient
import KeyValue
import Migration
import StoreHTTP
import TestServers
import TestSupport
import Testing

@testable import BucketStore

/// A bucket as it is: plain objects under plain names.
@Suite struct ObjectsTests {
    private static let names = [
        "a", "bafy1/carpark-prod-0/us-west-2/bafy1.car", "bafy2/carpark-prod-0/auto/x y+z%2F.car", "b/ä Ω 🙂",
        "~-._!*'()",
        "quote\"<&>'", "b//c/../d",
    ]

    /// The whole of it, at any server.
    static func check(_ server: BucketServer, bucket: String) async throws {
        let client = try server.client(bucket)
        for name in names { _ = try await client.put(Array("p/\(name)".utf8), Array("of \(name)".utf8), if: .none) }
        _ = try await client.put(Array("elsewhere".utf8), [1], if: .none)
        let opened = try await server.open(server.url(bucket, prefix: "p") + "&layout=raw")
        let objects = try #require(opened as? BucketObjects)
        func key(_ name: String) -> Key { Key(partition: Array(bucket.utf8), bytes: Array(name.utf8)) }
        let sorted = names.sorted { ByteOrder.precedes(Array($0.utf8), Array($1.utf8)) }
        for limit in [1, 2, 100] {
            for keysOnly in [false, true] {
                var found: [String] = []
                var cursor: Cursor?
                repeat {
                    let page = try await objects.scan(
                        .all(),
                        ScanOptions(limit: limit, keysOnly: keysOnly),
                        after: cursor
                    )
                    for row in page {
                        found.append(String(decoding: row.keyBytes, as: UTF8.self))
                        #expect(keysOnly || Array(row.value) == Array("of \(found.last ?? "")".utf8))
                    }
                    cursor = page.cursor
                } while cursor != nil
                #expect(found == sorted)
            }
        }
        try await ranges(objects, bucket, sorted)
        #expect(try await objects.partitions(in: .records, limit: 9, after: nil).partitions == [Array(bucket.utf8)])
        #expect(try await objects.count(.all(), ReadOptions()).value == names.count)
        let bytes = names.reduce(0) { $0 + $1.utf8.count * 2 + 3 }
        #expect(try await objects.size(.all(), ReadOptions()).value == bytes)

        try await objects.put([7, 8], at: key("new/one"))
        #expect(try await client.get(Array("p/new/one".utf8))?.body == [7, 8])
        let gone = try await objects.get([key("new/one"), key("none"), Key("other", "a")])
        #expect(gone.map { $0?.value } == [[7, 8], nil, nil])
        for result in await objects.write(
            each: (0..<40).map { .init([.init(.put([UInt8($0)]), at: key("many/\($0)"))]) }
        ) {
            _ = try result.get()
        }
        #expect(try await objects.count(.prefix(Array("many/".utf8), of: Array(bucket.utf8)), .init()).value == 40)
        for number in 0..<40 { try await objects.delete(key("many/\(number)")) }
        try await objects.delete(key("new/one"))
        #expect(try await objects.count(.all(), ReadOptions()).value == names.count)
        await client.close()
        await objects.close()
    }

    private static func ranges(_ objects: BucketObjects, _ bucket: String, _ sorted: [String]) async throws {
        let partition = Array(bucket.utf8)
        let bounds = [nil, "b", "bafy", "b/", "bafy2/", "zzz"].map { $0.map { Array($0.utf8) } }
        for lower in bounds {
            for upper in bounds {
                let page = try await objects.scan(.partition(partition, from: lower, to: upper), .init(), after: nil)
                let expected = sorted.filter { name in
                    let bytes = Array(name.utf8)
                    return lower.map { !ByteOrder.precedes(bytes, $0) } ?? true
                        && upper.map { ByteOrder.precedes(bytes, $0) } ?? true
                }
                #expect(page.map { String(decoding: $0.keyBytes, as: UTF8.self) } == expected)
            }
        }
        let prefixed = try await objects.scan(.prefix(Array("bafy".utf8), of: partition), .init(), after: nil)
        #expect(prefixed.count == 2)
        #expect(try await objects.scan(.partition([1]), .init(), after: nil).isEmpty)
        #expect(try await objects.scan(.all(in: .reservedData), .init(), after: nil).isEmpty)
    }

    @Test func anImitationShowsPlainObjects() async throws {
        let (server, _) = try await BucketServer.moto()
        try await server.make("plain-objects")
        try await ObjectsTests.check(server, bucket: "plain-objects")
        server.stop()
    }

    /// Ten thousand keys cost ten listings, and not one look at an object.
    @Test func keysAloneCostListingsAlone() async throws {
        let counted = try ScriptedHTTPServer.start { request in
            let prefix = request.query["prefix"] ?? ""
            let after = request.query["start-after"].flatMap { Int($0.dropFirst(prefix.count)) } ?? 10_000
            let names = (after + 1)..<min(after + 1_001, 20_001)
            let contents = names.map { "<Contents><Key>\(prefix)\($0)</Key><Size>5</Size><ETag>e</ETag></Contents>" }
                .joined()
            return .reply(
                HTTPExchangeReply(
                    200,
                    "<ListBucketResult><IsTruncated>\(after < 19_000)</IsTruncated>\(contents)</ListBucketResult>"
                )
            )
        }
        let server = BucketServer(endpoint: counted.url) { counted.stop() }
        let objects = try await server.open(server.url("listed") + "&layout=raw")
        let opening = counted.requests.count
        #expect(try await objects.count(.all(), ReadOptions()).value == 10_000)
        #expect(counted.requests.count == opening + 10)
        #expect(counted.requests.allSatisfy { $0.query["list-type"] == "2" })
        #expect(try await objects.size(.all(), ReadOptions()).value == 100_000)
        #expect(counted.requests.count == opening + 20)
        await objects.close()
        server.stop()
    }

    @Test func whatCanNotBeIsRefused() async throws {
        let (server, _) = try await BucketServer.moto()
        try await server.make("refusing")
        let objects = try await server.open(server.url("refusing") + "&layout=raw")
        let key = Key("refusing", "k")
        let batches: [(WriteBatch, StoreError.Code)] = [
            (WriteBatch([.init(.bury, at: key)]), .unsupported),
            (WriteBatch([.init(.put([1]), at: key, if: .absent)]), .unsupported),
            (WriteBatch([.init(.put([1]), at: key)], epoch: 1), .unsupported),
            (WriteBatch([.init(.put([1]), at: Key("other", "k"))]), .invalidArgument),
            (WriteBatch([.init(.put([1]), at: Key(partition: key.partition, bytes: [0xFF]))]), .invalidArgument),
            (WriteBatch([.init(.put([1]), at: Key("refusing", "k", space: .reservedData))]), .invalidArgument),
            (WriteBatch([.init(.put([1]), at: Key("refusing", String(repeating: "k", count: 1_025)))]), .tooLarge),
        ]
        for (batch, code) in batches {
            let failure = await #expect(throws: StoreError.self) { _ = try await objects.write(batch) }
            #expect(failure?.code == code)
        }
        #expect(try await objects.bins().isEmpty)
        await objects.close()
        await #expect(throws: StoreError.self) { _ = try await objects.get([key], ReadOptions()) }
        await #expect(throws: StoreError.self) { _ = try await server.open(server.url("refusing") + "&layout=odd") }
        await #expect(throws: StoreError.self) { _ = try await server.open(server.url("not-there") + "&layout=raw") }
        server.stop()
    }

    /// URLs that anybody can use, for as long as they are good.
    static func checkURLs(_ server: BucketServer, bucket: String) async throws {
        let objects = try #require(try await server.open(server.url(bucket) + "&layout=raw") as? BucketObjects)
        let key = Key(partition: Array(bucket.utf8), bytes: Array("urls/ä b+c".utf8))
        let transport = objects.client.caller.caller.transport
        func send(_ method: String, _ url: String, _ body: [UInt8] = []) async throws -> StoreReply {
            let endpoint = objects.client.caller.endpoint
            #expect(url.hasPrefix("\(endpoint)/"))
            let target = String(url.dropFirst("\(endpoint)".count))
            let deadline = objects.client.environment.now() + .seconds(60)
            return try await transport.send(StoreRequest(method, at: endpoint, target, body: body), deadline: deadline)
        }
        let write = try await objects.url(of: key, to: .write, for: .seconds(60))
        #expect(try await send("PUT", write, [1, 2, 3]).status == 200)
        #expect(try await objects.get(key)?.value == [1, 2, 3])
        let read = try await objects.url(of: key, to: .read, for: .seconds(60))
        #expect(try await send("GET", read).body == [1, 2, 3])
        if server.checksSignatures {
            #expect(try await send("GET", write).status == 403)
            #expect(try await send("PUT", read, [9]).status == 403)
            #expect(try await send("GET", read.replacing("urls", with: "urlz")).status == 403)
        }
        for duration in [Duration.zero, .seconds(-1), .seconds(604_801)] {
            await #expect(throws: StoreError.self) { _ = try await objects.url(of: key, to: .read, for: duration) }
        }
        await #expect(throws: StoreError.self) {
            _ = try await objects.url(of: Key("other", "k"), to: .read, for: .seconds(1))
        }
        await objects.close()
    }

    @Test func urlsAreForAnybody() async throws {
        let (server, _) = try await BucketServer.moto()
        try await server.make("with-urls")
        try await ObjectsTests.checkURLs(server, bucket: "with-urls")
        server.stop()
    }

    @Test func objectsAreCopiedVerifiedDumpedAndRestored() async throws {
        let (server, _) = try await BucketServer.moto()
        try await server.make("moved-objects")
        let directory = try TemporaryDirectory()
        let first = try await server.open(server.url("moved-objects", prefix: "first") + "&layout=raw")
        let second = try await server.open(server.url("moved-objects", prefix: "second") + "&layout=raw")
        for number in 0..<120 {
            try await first.put(Array(repeating: 7, count: number * 10), at: Key("moved-objects", "car/\(number)"))
        }
        let memory = MemoryStore()
        _ = try await Copier(to: memory).copy(from: first, temporaryDirectory: directory.path)
        let back = Copier(to: second, options: CopyOptions(onExisting: .replace))
        let checkpoints = CheckpointOptions(source: "memory")
        let report = try await back.copy(from: memory, temporaryDirectory: directory.path, checkpoints: checkpoints)
        #expect(report.written == 120 && report.failed == 0)
        #expect(try await Verifier(temporaryDirectory: directory.path).verify(first, against: second).isEqual)
        for store in [first, second] { await store.close() }
        server.stop()
    }
}
#endif
