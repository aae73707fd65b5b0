#if Redis
import KeyValue
import Synchronization
import TestServers
import Testing

@testable import RedisStore

/// A Redis, a connection to fill it with, and views of it.
private struct Legacy {
    let server: RedisServer
    let connection: SocketServer

    init(_ arguments: [String] = []) async throws {
        server = try await RedisServer.start(arguments)
        connection = try SocketServer(port: server.port)
    }

    func view(
        _ options: RedisRawOptions = RedisRawOptions(),
        valueBytesMax: Int = RedisRawStore.valueBytesMax,
        watch: @escaping @Sendable ([[UInt8]]) -> Void = { _ in }
    ) async throws -> RedisRawStore {
        try await RedisRawStore(
            server: try SocketServer(port: server.port, database: options.database, watch: watch),
            options: options,
            environment: .live,
            valueBytesMax: valueBytesMax
        )
    }

    func record(_ key: String) async throws -> RedisRawRecord? {
        let entry = try await view().get(Key("db0", key))
        return try entry.map { try RedisRawRecord(decoding: $0.value) }
    }
}

extension RedisRawStore {
    /// All rows in as many pages as it takes, those of each key in the order in which they came.
    fileprivate func everything(
        in range: KeyRange = .all(),
        _ options: ScanOptions = ScanOptions(limit: 100)
    ) async throws -> [Key: [[UInt8]]] {
        var found: [Key: [[UInt8]]] = [:]
        var cursor: Cursor?
        repeat {
            let page = try await scan(range, options, after: cursor)
            #expect(page.count <= options.limit)
            for row in page { found[row.key, default: []].append(Array(row.value)) }
            // Cursors go on after being kept elsewhere.
            cursor = page.cursor.map { Cursor(bytes: $0.bytes) }
        } while cursor != nil
        return found
    }
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("A raw view of a Redis", .serialized)
struct RawViewTests {
    @Test("shows every type as it is")
    func types() async throws {
        let legacy = try await Legacy()
        let send = legacy.connection
        try send.send("SET", "text", "hello")
        try send.send("SET", "nothing", "")
        try send.send("RPUSH", "list", "b", "a", "b")
        try send.send("SADD", "set", "y", "x")
        try send.send("SADD", "integers", "10", "9")
        try send.send("ZADD", "scores", "0.1", "a", "-inf", "b", "+inf", "c", "1e300", "d", "-0.0", "e", "3", "f")
        try send.send("HSET", "hash", "name", "acl", "size", "61244", "", "empty field")
        #expect(try await legacy.record("text") == RedisRawRecord(.string(bytes("hello"))))
        #expect(try await legacy.record("nothing") == RedisRawRecord(.string([])))
        #expect(try await legacy.record("list") == RedisRawRecord(.list(["b", "a", "b"].map(bytes))))
        #expect(try await legacy.record("set") == RedisRawRecord(.set([bytes("x"), bytes("y")])))
        #expect(try await legacy.record("integers") == RedisRawRecord(.set([bytes("9"), bytes("10")])))
        #expect(
            try await legacy.record("scores")
                == RedisRawRecord(
                    .sortedSet([
                        bytes("a"): 0.1, bytes("b"): -.infinity, bytes("c"): .infinity, bytes("d"): 1e300,
                        bytes("e"): -0.0, bytes("f"): 3,
                    ])
                )
        )
        let fields = [bytes("name"): bytes("acl"), bytes("size"): bytes("61244"), []: bytes("empty field")]
        #expect(try await legacy.record("hash") == RedisRawRecord(.hash(fields)))
        #expect(try await legacy.record("absent") == nil)
        let view = try await legacy.view()
        #expect(try await view.everything().count == 7)
        #expect(try await view.count(.all()) == Measurement(7, .estimated))
        #expect(try await view.partitions(in: .records, limit: 10, after: nil).partitions == [bytes("db0")])
        await view.close()
        await #expect { try await view.get(Key("db0", "text")) } throws: { ($0 as? StoreError)?.code == .unavailable }
    }

    @Test("shows streams with their groups, and warns of what it can't show")
    func streams() async throws {
        let legacy = try await Legacy()
        let send = legacy.connection
        try send.send("XADD", "log", "1-1", "a", "1", "a", "2")
        try send.send("XADD", "log", "1-2", "b", "3")
        try send.send("XADD", "log", "7-0", "c", "4")
        try send.send("XDEL", "log", "7-0")
        try send.send("XGROUP", "CREATE", "log", "readers", "0")
        try send.send("XGROUP", "CREATE", "void", "others", "$", "MKSTREAM")
        try send.send("XREADGROUP", "GROUP", "readers", "me", "COUNT", "1", "STREAMS", "log", ">")
        let expected = RedisRawStream(
            entries: [
                .init(id: .init(milliseconds: 1, sequence: 1), fieldsAndValues: ["a", "1", "a", "2"].map(bytes)),
                .init(id: .init(milliseconds: 1, sequence: 2), fieldsAndValues: ["b", "3"].map(bytes)),
            ],
            lastID: .init(milliseconds: 7, sequence: 0),
            groups: [bytes("readers"): .init(milliseconds: 1, sequence: 1)]
        )
        let view = try await legacy.view()
        #expect(try await view.status().warnings.isEmpty)
        let entry = try #require(try await view.get(Key("db0", "log")))
        #expect(try RedisRawRecord(decoding: entry.value) == RedisRawRecord(.stream(expected)))
        #expect(try await view.status().warnings.count == 1)
        let nothing = RedisRawStream(
            entries: [],
            lastID: .init(milliseconds: 0, sequence: 0),
            groups: [bytes("others"): .init(milliseconds: 0, sequence: 0)]
        )
        #expect(try await legacy.record("void") == RedisRawRecord(.stream(nothing)))
    }

    @Test("carries the moment of expiry, and leaves out what has expired")
    func expiry() async throws {
        let legacy = try await Legacy()
        let moment: Int64 = 4_000_000_000_123
        try legacy.connection.send("SET", "later", "1", "PXAT", "\(moment)")
        try legacy.connection.send("SADD", "later set", "1")
        try legacy.connection.send("PEXPIREAT", "later set", "\(moment)")
        try legacy.connection.send("SET", "gone", "1")
        try legacy.connection.send("PEXPIREAT", "gone", "1")
        #expect(try await legacy.record("later") == RedisRawRecord(.string(bytes("1")), expiresAtMilliseconds: moment))
        #expect(try await legacy.record("later set")?.expiresAtMilliseconds == moment)
        #expect(try await legacy.record("gone") == nil)
        #expect(try await legacy.view().everything().count == 2)
        // As servers before 7.0 are asked.
        for guess in [nil, RawKeyReader.Kind.hash, .list, .set, .zset, .stream] {
            let reader = RawKeyReader(bytes("later"), bytesMax: 100, expiryIsRelative: true, guess: guess)
            guard case .needs(let commands) = try reader.take(try legacy.connection.send(reader.first)),
                case .record(let record) = try reader.take(try legacy.connection.send(commands))
            else {
                Issue.record("a string that was not guessed takes two steps")
                return
            }
            #expect(abs((record.expiresAtMilliseconds ?? 0) - moment) < 1_000)
        }
        let reader = RawKeyReader(bytes("later"), bytesMax: 100, expiryIsRelative: true, guess: .string)
        guard case .record(let record) = try reader.take(try legacy.connection.send(reader.first)) else {
            Issue.record("a string that was guessed takes one step")
            return
        }
        #expect(abs((record.expiresAtMilliseconds ?? 0) - moment) < 1_000)
    }

    @Test("reads large collections in pieces, and refuses what is beyond its limit by name")
    func largeCollections() async throws {
        let legacy = try await Legacy()
        let count = 5_001
        let names = (0..<count).map { bytes("member \($0)") }
        try legacy.connection.send([
            [bytes("SADD"), bytes("set")] + names, [bytes("RPUSH"), bytes("list")] + names,
            [bytes("HSET"), bytes("hash")] + names.flatMap { [$0, [0, 1]] },
            [bytes("ZADD"), bytes("scores")] + names.enumerated().flatMap { [bytes("\($0)"), $1] },
            [bytes("SET"), bytes("text"), [UInt8](repeating: 7, count: 3 << 20)],
            [bytes("SET"), bytes("even"), [UInt8](repeating: 7, count: 1 << 20)],
        ])
        try legacy.connection.send((1...1_000).map { ["XADD", "log", "\($0)", "a", "b"].map(bytes) })
        let most = Mutex(0)
        let view = try await legacy.view { command in
            guard ["HSCAN", "SSCAN", "ZSCAN"].map(bytes).contains(command[0]) else { return }
            most.withLock { $0 += 1 }
        }
        var records: [[UInt8]: RedisRawRecord] = [:]
        for (key, values) in try await view.everything() {
            #expect(values.count == 1)
            records[key.bytes] = try RedisRawRecord(decoding: values[0])
        }
        #expect(most.withLock { $0 } > 12)
        #expect(records[bytes("set")]?.content == .set(Set(names)))
        #expect(records[bytes("list")]?.content == .list(names))
        #expect(records[bytes("hash")]?.content == .hash(Dictionary(uniqueKeysWithValues: names.map { ($0, [0, 1]) })))
        let scores = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Double($0)) })
        #expect(records[bytes("scores")]?.content == .sortedSet(scores))
        #expect(records[bytes("text")]?.content == .string([UInt8](repeating: 7, count: 3 << 20)))
        #expect(records[bytes("even")]?.content == .string([UInt8](repeating: 7, count: 1 << 20)))
        guard case .stream(let stream) = records[bytes("log")]?.content else {
            Issue.record("the log is a stream")
            return
        }
        #expect(stream.entries.map(\.id.milliseconds) == Array(1...1_000))
        let small = try await legacy.view(valueBytesMax: 4_096)
        for key in ["set", "list", "hash", "scores", "text", "log"] {
            await #expect {
                try await small.get(Key("db0", key))
            } throws: { error in
                (error as? StoreError)?.code == .tooLarge && (error as? StoreError)?.metadata["key"] == key
            }
        }
    }

    @Test("holds up nobody for a hash of very many fields")
    func manyFields() async throws {
        let legacy = try await Legacy(["--slowlog-log-slower-than", "5000", "--slowlog-max-len", "1000"])
        for start in stride(from: 0, to: 100_000, by: 10_000) {
            var command = [bytes("HSET"), bytes("huge")]
            for index in start..<start + 10_000 { command += [bytes("field:\(index)"), bytes("\(index)")] }
            try legacy.connection.send([command])
        }
        let view = try await legacy.view()
        // A busy machine may stop the server at any command, so that some are slow in one reading and others in the
        // next; reading at once is always one of them.
        var fewest = Int.max
        for _ in 0..<12 where fewest >= 10 {
            try legacy.connection.send("SLOWLOG", "RESET")
            let entry = try #require(try await view.get(Key("db0", "huge")))
            guard case .hash(let fields) = try RedisRawRecord(decoding: entry.value).content else {
                Issue.record("it is a hash")
                return
            }
            #expect(fields.count == 100_000)
            #expect(fields[bytes("field:99999")] == bytes("99999"))
            let slow = try #require(legacy.connection.send("SLOWLOG", "GET", "1000").array)
            let names = slow.compactMap { $0.array?[3].array?.first?.text }
            #expect(!names.contains("HGETALL"))
            fewest = min(fewest, names.count)
        }
        #expect(fewest < 10)
    }

    @Test("keeps any bytes of keys, and gives the empty key a place of its own")
    func strangeKeys() async throws {
        let legacy = try await Legacy()
        let strange: [[UInt8]] = [[0], [255, 0, 13, 10], bytes("db0.empty"), bytes("a b*")]
        try legacy.connection.send((strange + [[]]).map { [bytes("SET"), $0, $0 + [1]] })
        let view = try await legacy.view()
        let found = try await view.everything(in: .all(), ScanOptions(limit: 1))
        let empty = Key(partition: bytes("db0.empty"), bytes: [0])
        #expect(Set(found.keys) == Set(strange.map { Key(partition: bytes("db0"), bytes: $0) } + [empty]))
        for (key, values) in found {
            let name = key == empty ? [] : key.bytes
            #expect(values == [RedisRawRecord(.string(name + [1])).encoded()])
            #expect(try await view.get(key)?.value == values.first)
        }
        #expect(try await view.everything(in: .partition(bytes("db0"))).count == strange.count)
        #expect(try await view.everything(in: .partition(empty.partition)).count == 1)
        #expect(try await view.count(.partition(bytes("db0"))) == Measurement(strange.count, .exact))
        let listing = try await view.partitions(in: .records, limit: 1, after: nil)
        #expect(listing.partitions == [bytes("db0")])
        let rest = try await view.partitions(in: .records, limit: 1, after: listing.cursor)
        #expect(rest == PartitionPage(partitions: [empty.partition], cursor: nil))
        #expect(try await view.get([Key("db1", "a b*"), Key("db0", "a b*", space: .reservedData)]) == [nil, nil])
        #expect(try await view.everything(in: .all(in: .reservedData)).isEmpty)
    }

    @Test("shows one logical database, or what a pattern matches of it")
    func subsets() async throws {
        let legacy = try await Legacy()
        try legacy.connection.send("MSET", "file:1", "a", "file:2", "b", "other", "c")
        try legacy.connection.send("SELECT", "3")
        try legacy.connection.send("SET", "elsewhere", "d")
        let third = try await legacy.view(RedisRawOptions(database: 3))
        #expect(Set(try await third.everything().keys) == [Key("db3", "elsewhere")])
        let files = try await legacy.view(RedisRawOptions(match: "file:*"))
        #expect(Set(try await files.everything().keys) == [Key("db0", "file:1"), Key("db0", "file:2")])
        #expect(try await files.count(.all()) == Measurement(2, .exact))
    }

    @Test("ends pages where the caller says, and takes only its own cursors")
    func pages() async throws {
        let legacy = try await Legacy()
        let value = String(repeating: "x", count: 1_000)
        for index in 0..<200 { try legacy.connection.send("SET", "\(index)", value) }
        let view = try await legacy.view()
        let first = try await view.scan(.all(), ScanOptions(limit: 100, bytesMax: 10_000), after: nil)
        #expect((9...10).contains(first.count))
        #expect(try await view.everything(in: .all(), ScanOptions(limit: 7, bytesMax: 3_000)).count == 200)
        let keys = try await view.everything(in: .all(), ScanOptions(limit: 50, keysOnly: true))
        #expect(keys.count == 200 && keys.values.allSatisfy { $0 == [[]] })
        for cursor in [Cursor(bytes: []), Cursor(bytes: [1, 2, 3]), Cursor(after: Key("db0", "1"))] {
            await #expect {
                try await view.scan(.all(), ScanOptions(), after: cursor)
            } throws: { ($0 as? StoreError)?.code == .invalidArgument }
        }
        await #expect {
            try await view.scan(.partition(bytes("db0")), ScanOptions(), after: first.cursor)
        } throws: { ($0 as? StoreError)?.code == .invalidArgument }
        await #expect {
            try await view.scan(.prefix([1], of: bytes("db0")), ScanOptions(), after: nil)
        } throws: { ($0 as? StoreError)?.code == .unsupported }
    }

    @Test("delivers what stays, while keys come, go and change their type")
    func writersMeanwhile() async throws {
        let legacy = try await Legacy()
        let stay = (0..<2_000).map { "stay:\($0)" }
        for name in stay { try legacy.connection.send("SADD", name, name) }
        let writer = try SocketServer(port: legacy.server.port)
        let turn = Mutex(0)
        // Before each step of the scan the table grows or shrinks.
        let view = try await legacy.view { command in
            guard command[0] == bytes("SCAN") else { return }
            let number = turn.withLock { turn in
                turn += 1
                return turn
            }
            let names = (0..<2_000).map { bytes("brief:\($0)") }
            let command =
                number.isMultiple(of: 2) ? [bytes("DEL")] + names : [bytes("MSET")] + names.flatMap { [$0, $0] }
            do throws(StoreError) { try writer.send([command]) } catch { Issue.record(error) }
        }
        let found = try await view.everything(in: .all(), ScanOptions(limit: 64))
        for name in stay {
            let values = try #require(found[Key("db0", name)])
            #expect(Set(values) == [RedisRawRecord(.set([bytes(name)])).encoded()])
        }
    }

    @Test("reads a key anew that changes its type between two steps")
    func changedType() async throws {
        let legacy = try await Legacy()
        // In two steps, since no hash is expected.
        try legacy.connection.send("HSET", "key", "field", "text")
        let writer = try SocketServer(port: legacy.server.port)
        let view = try await legacy.view { command in
            guard command[0] == bytes("HSCAN") else { return }
            do throws(StoreError) {
                try writer.send("DEL", "key")
                try writer.send("RPUSH", "key", "element")
            } catch {
                Issue.record(error)
            }
        }
        let entry = try #require(try await view.get(Key("db0", "key")))
        #expect(try RedisRawRecord(decoding: entry.value) == RedisRawRecord(.list([bytes("element")])))
    }

    @Test("refuses types of modules by name, or skips and counts them")
    func unsupportedTypes() throws {
        let reader = RawKeyReader(bytes("key"), bytesMax: 100)
        guard case .unsupported("ReJSON-RL") = try reader.take([.bytes(bytes("ReJSON-RL")), .number(-1)]) else {
            Issue.record("a type of a module's is none that can be read")
            return
        }
    }
}
#endif
