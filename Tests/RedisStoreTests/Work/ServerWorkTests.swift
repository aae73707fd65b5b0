#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

/// No command of the store holds a server up: none takes five milliseconds, with a million records in one partition.
///
/// The server's own log of slow commands tells. It counts time on the wall, so that a busy machine makes any command slow
/// now and then. So each call is made until it once leaves nothing in the log; one that does more than its share of work
/// never gets there.
@Suite(.timeLimit(.minutes(10))) struct ServerWorkTests {
    private static let records = 1_000_000
    private static let partition = Array("many".utf8)

    /// The millionfold partition, filled by the server itself, in the very keys that the store makes.
    private static func fill(_ store: RedisStore) async throws {
        let bucket = Bucket(of: partition)
        let script = """
            local row = KEYS[1] .. 'r0' .. #ARGV[1] .. ':' .. ARGV[1]
            for i = tonumber(ARGV[2]), tonumber(ARGV[3]) - 1 do
              local key = string.format('key%07d', i)
              redis.call('SET', row .. key, ARGV[4])
              redis.call('ZADD', KEYS[1] .. 'i0' .. ARGV[1], 0, key)
            end
            redis.call('ZADD', KEYS[1] .. 'p0', 0, ARGV[1])
            return 1
            """
        let row = StoredRow.encode(Array(repeating: 0x76, count: 100), nonce: 1)
        let step = 20_000
        for start in stride(from: 0, to: records, by: step) {
            let numbers = [start, start + step].map { Array("\($0)".utf8) }
            let arguments =
                [Array(script.utf8), Array("1".utf8), store.layout.base(of: bucket), partition] + numbers + [row]
            _ = try await store.client.send(RedisCommand("EVAL", arguments, slot: bucket.slot, .writes))
        }
    }

    private static func key(_ number: Int) -> Key {
        let digits = Array("\(number)".utf8)
        return Key(
            partition: partition,
            bytes: Array("key".utf8) + Array(repeating: 0x30, count: 7 - digits.count) + digits
        )
    }

    /// Makes a call until it leaves nothing in the log of slow commands, up to twelve times.
    private static func expectBrief(
        _ name: String,
        on server: RedisServer,
        _ call: (Int) async throws -> Void
    ) async throws {
        var slow: [String] = []
        for attempt in 0..<12 {
            try server.cli("slowlog", "reset")
            try await call(attempt)
            let log = try server.cli("slowlog", "get", "-1")
            if log.allSatisfy(\.isWhitespace) { return }
            slow.append(log)
        }
        Issue.record("\(name): \(slow.last?.prefix(1_000) ?? "")")
    }

    @Test func noCommandTakesLong() async throws {
        let server = try await RedisServer.start(["--slowlog-log-slower-than", "5000"])
        let location = try StoreLocation(server.url)
        let store = try #require(try await RedisDriver().open(location, environment: .live) as? RedisStore)
        try await ServerWorkTests.fill(store)
        let counted = try await store.count(.all())
        #expect(counted.value == ServerWorkTests.records)
        try await expectBriefReads(store, server)
        try await expectBriefWrites(store, server)
        try await expectBriefMaintenance(store, server)
        await store.close()
    }

    private func expectBriefReads(_ store: RedisStore, _ server: RedisServer) async throws {
        let partition = ServerWorkTests.partition
        let whole = KeyRange.partition(partition)
        let prefix = KeyRange.prefix(Array("key05".utf8), of: partition)
        for range in [KeyRange.all(), whole, prefix] {
            for (keysOnly, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
                let options = ScanOptions(limit: 512, bytesMax: 1 << 20, keysOnly: keysOnly, reverse: reverse)
                let name = "scan of \(range), \(keysOnly), \(reverse)"
                try await ServerWorkTests.expectBrief(name, on: server) { _ in
                    let page = try await store.scan(range, options, after: nil)
                    #expect(page.count == 512)
                }
            }
            try await ServerWorkTests.expectBrief("count of \(range)", on: server) { _ in
                let count = try await store.count(range)
                #expect(count.value >= 100_000)
            }
        }
        let keys = (0..<256).map { ServerWorkTests.key($0 * 3_907) }
        try await ServerWorkTests.expectBrief("get", on: server) { _ in
            let found = try await store.get(keys)
            #expect(found.count { $0 != nil } == keys.count)
        }
    }

    private func expectBriefWrites(_ store: RedisStore, _ server: RedisServer) async throws {
        let value = Array(repeating: 0x77 as UInt8, count: 300)
        func numbers(_ attempt: Int, _ start: Int) -> [Int] { (0..<256).map { start + attempt * 256 + $0 } }
        try await ServerWorkTests.expectBrief("puts in one batch", on: server) { attempt in
            let numbers = numbers(attempt, 2_000_000)
            _ = try await store.write(WriteBatch(numbers.map { .init(.put(value), at: ServerWorkTests.key($0)) }))
        }
        try await ServerWorkTests.expectBrief("a batch with preconditions and a mark", on: server) { attempt in
            let operations = numbers(attempt, 3_000_000).map {
                WriteBatch.Operation(.put(value), at: ServerWorkTests.key($0), if: .vacant)
            }
            let mark = MarkID(high: 1, low: UInt64(attempt))
            _ = try await store.write(WriteBatch(operations, mark: mark))
        }
        try await ServerWorkTests.expectBrief("256 conflicts", on: server) { _ in
            let operations = (0..<256).map {
                WriteBatch.Operation(.put(value), at: ServerWorkTests.key($0), if: .absent)
            }
            let error = await #expect(throws: StoreError.self) { try await store.write(WriteBatch(operations)) }
            #expect(error?.conflicts.count == 256)
        }
        for (count, bytes) in [(6, 500_000), (256, 12_000)] {
            let value = Array(repeating: 0x78 as UInt8, count: bytes)
            try await ServerWorkTests.expectBrief("\(count) values of \(bytes) B", on: server) { _ in
                let keys = (0..<count).map { ServerWorkTests.key(7_000_000 + $0) }
                _ = try await store.write(WriteBatch(keys.map { .init(.put(value), at: $0) }))
            }
        }
        try await ServerWorkTests.expectBrief("tombstones", on: server) { attempt in
            let numbers = numbers(attempt, 4_000_000)
            _ = try await store.write(WriteBatch(numbers.map { .init(.bury, at: ServerWorkTests.key($0)) }))
        }
        try await ServerWorkTests.expectBrief("batches of their own", on: server) { attempt in
            let batches = numbers(attempt, 5_000_000).map {
                WriteBatch([.init(.put(value), at: ServerWorkTests.key($0))])
            }
            for result in await store.write(each: batches) { _ = try result.get() }
        }
        let range = KeyRange.partition(ServerWorkTests.partition)
        try await ServerWorkTests.expectBrief("deletion of a range", on: server) { _ in
            let deleted = try await store.delete(range, limit: 512, epoch: nil, after: nil)
            #expect(deleted.deleted == 512)
        }
    }

    private func expectBriefMaintenance(_ store: RedisStore, _ server: RedisServer) async throws {
        let bin = Bucket(of: ServerWorkTests.partition).bin
        var epoch: UInt64 = 0
        try await ServerWorkTests.expectBrief("a fence", on: server) { _ in
            let present = try await store.fence(of: bin)
            epoch = present.epoch + 1
            try await store.setFence(of: bin, to: Fence(epoch: epoch, admission: .everyone), expecting: present)
        }
        try await ServerWorkTests.expectBrief("marks", on: server) { _ in
            let page = try await store.marks(in: bin, limit: 512, after: nil)
            #expect(!page.marks.isEmpty)
        }
        try await ServerWorkTests.expectBrief("forgetting marks", on: server) { _ in
            try await store.clearMarks((0..<256).map { MarkID(high: 2, low: $0) }, in: bin)
        }
        try await ServerWorkTests.expectBrief("partitions", on: server) { _ in
            let page = try await store.partitions(in: .records, limit: 512, after: nil)
            #expect(page.partitions == [ServerWorkTests.partition])
        }
        try await ServerWorkTests.expectBrief("status", on: server) { _ in _ = try await store.status() }
        try await ServerWorkTests.expectBrief("opening", on: server) { _ in
            let location = try StoreLocation(server.url)
            let again = try await RedisDriver().open(location, environment: .live)
            await again.close()
        }
    }

    /// 1,000 partitions of one bucket: what goes over all of them goes in steps.
    @Test func manyPartitionsInOneBucket() async throws {
        let server = try await RedisServer.start(["--slowlog-log-slower-than", "5000"])
        let location = try StoreLocation(server.url)
        let store = try #require(try await RedisDriver().open(location, environment: .live) as? RedisStore)
        var partitions: [[UInt8]] = []
        var number = 0
        while partitions.count < 1_000 {
            let partition = Array("partition \(number)".utf8)
            if Bucket(of: partition).number == 7 { partitions.append(partition) }
            number += 1
        }
        let batches = partitions.flatMap { partition in
            (0..<2).map { WriteBatch([.init(.put([1]), at: Key(partition: partition, bytes: [UInt8($0)]))]) }
        }
        for result in await store.write(each: batches) { _ = try result.get() }
        try await ServerWorkTests.expectBrief("count", on: server) { _ in
            let count = try await store.count(.all())
            #expect(count.value == 2_000)
        }
        try await ServerWorkTests.expectBrief("scan", on: server) { _ in
            let options = ScanOptions(limit: 512, bytesMax: 1 << 20)
            let page = try await store.scan(.all(), options, after: nil)
            #expect(page.count == 512)
        }
        var found: [[UInt8]] = []
        var cursor: Cursor?
        repeat {
            let page = try await store.partitions(in: .records, limit: 300, after: cursor)
            found += page.partitions
            cursor = page.cursor
        } while cursor != nil
        #expect(Set(found) == Set(partitions))
        #expect(found.count == partitions.count)
        await store.close()
    }

    /// However large the values are, one command brings few of them.
    @Test func largeRowsComeInSmallSteps() async throws {
        let server = try await RedisServer.start()
        let location = try StoreLocation(server.url)
        let store = try #require(try await RedisDriver().open(location, environment: .live) as? RedisStore)
        let value = Array(repeating: 0x78 as UInt8, count: 100 << 10)
        let keys = (0..<24).map { Key(partition: [1], bytes: [UInt8($0)]) }
        for key in keys { try await store.put(value, at: key) }
        let page = try await store.scan(.all(), ScanOptions(limit: 512, bytesMax: 1 << 20), after: nil)
        #expect(page.count == 11)
        #expect(page.cursor != nil)
        // The rows in conflict are told as far as they are no burden.
        let batch = WriteBatch(keys.map { WriteBatch.Operation(.put([1]), at: $0, if: .absent) })
        let error = await #expect(throws: StoreError.self) { try await store.write(batch) }
        let occupants = (error?.conflicts ?? []).map(\.occupant)
        #expect(occupants.count == keys.count)
        #expect(occupants.count { $0 == .unknown } == keys.count - 2)
        await store.close()
    }

    @Test func aPageIsReadInSteps() throws {
        let identity = StoreEnvironment.live.makeIdentity()
        var walk = PageWalk(
            .partition([1]),
            ScanOptions(limit: 512, bytesMax: 1 << 20),
            after: nil,
            store: identity
        )
        func row(_ number: Int) -> [RESPValue] {
            [.bulk(Array("\(number)".utf8)), .bulk(StoredRow.encode([1], nonce: 1))]
        }
        let step = RESPValue.array([.integer(0), .bulk([1]), .array((100..<356).flatMap(row))])
        #expect(walk.arguments[4] == Array("256".utf8))
        #expect(walk.arguments[5] == Array("131072".utf8))
        let next = try walk.take(step)
        #expect(next == .sameBucket)
        #expect(walk.arguments[1] == [1])
        #expect(walk.arguments[2] == Array("(355".utf8))
        let last = try walk.take(.array([.integer(0), .bulk([1]), .array((356..<612).flatMap(row))]))
        #expect(last == .nothing)
        #expect(walk.page().count == 512)
        // A step without a row would be taken forever.
        var idle = PageWalk(.partition([1]), ScanOptions(), after: nil, store: identity)
        #expect(throws: StoreError.self) { try idle.take(.array([.integer(0)])) }
    }
}
#endif
