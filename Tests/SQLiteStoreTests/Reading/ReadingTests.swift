#if SQLite
import Foundation
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct ReadingTests {
    /// Fills a store with partitions of unequal size, tombstones among them; its live records in order.
    private func fill(_ store: SQLiteStore, seed: UInt64) async throws -> [Key: [UInt8]] {
        var generator = SeededGenerator(seed: seed)
        var rows: [Key: [UInt8]] = [:]
        var batch = WriteBatch()
        for _ in 0..<1_000 {
            let key = Key(
                partition: generator.bytes(Int.random(in: 1...2, using: &generator)).map { $0 & 0x83 },
                bytes: generator.bytes(Int.random(in: 1...3, using: &generator)).map { $0 & 0xC1 }
            )
            guard rows[key] == nil, !batch.operations.contains(where: { $0.key == key }) else { continue }
            if generator.next() % 8 == 0 {
                batch.bury(key)
            } else {
                let value = generator.bytes(Int.random(in: 0...40, using: &generator))
                rows[key] = value
                batch.put(value, at: key)
            }
        }
        _ = try await store.write(batch)
        return rows
    }

    @Test(arguments: 1...4)
    func scansAnyRangeInAnyDirection(_ seed: Int) async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let rows = try await fill(store, seed: UInt64(seed))
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<60 {
            var bound: [UInt8]? {
                generator.next() % 3 == 0
                    ? nil : generator.bytes(Int.random(in: 0...3, using: &generator)).map { $0 & 0xC3 }
            }
            let range =
                switch generator.next() % 3 {
                case 0: KeyRange.all()
                case 1: KeyRange(extent: .partitions(lower: bound, upper: bound))
                default:
                    KeyRange.partition(
                        rows.keys.randomElement(using: &generator)?.partition ?? [1],
                        from: bound,
                        to: bound
                    )
                }
            var expected = rows.filter { range.contains($0.key) }.sorted { $0.key < $1.key }
            let options = ScanOptions(
                limit: Int.random(in: 1...40, using: &generator),
                bytesMax: Int.random(in: 1...400, using: &generator),
                keysOnly: generator.next() % 2 == 0,
                reverse: generator.next() % 2 == 0
            )
            if options.reverse { expected.reverse() }
            var found: [(Key, [UInt8])] = []
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(range, options, after: cursor)
                found += page.map { ($0.key, Array($0.value)) }
                cursor = page.cursor
            } while cursor != nil
            #expect(found.map(\.0) == expected.map(\.key))
            #expect(found.map(\.1) == expected.map { options.keysOnly ? [] : $0.value })
            let count = try await store.count(range)
            #expect(count == Measurement(expected.count, .exact))
            let size = try await store.size(range, ReadOptions())
            #expect(size.value == expected.reduce(0) { $0 + $1.key.bytes.count + $1.value.count })
        }
        let page = try await store.partitions(in: .records, limit: 1_000, after: nil)
        #expect(page.cursor == nil)
        #expect(Set(page.partitions).isSuperset(of: rows.keys.map(\.partition)))
        #expect(page.partitions == page.partitions.sorted { ByteOrder.precedes($0, $1) })
        await store.close()
    }

    @Test func measuresInPieces() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        // More than two pieces, with values on pages of their own and tombstones.
        var batch = WriteBatch()
        for number in 0..<10_000 {
            let key = Key("p\(number % 7)", "\(number)")
            if number % 10 == 0 { batch.bury(key) } else { batch.put([1, 2, 3], at: key) }
        }
        _ = try await store.write(batch)
        try await store.put(Array(repeating: 1, count: 100_000), at: Key("p0", "long"))
        #expect(try await store.count(.all()).value == 9_001)
        #expect(try await store.count(.all(), ReadOptions(includesTombstones: true)).value == 10_001)
        let keyBytes = (0..<10_000).filter { $0 % 10 != 0 }.reduce(0) { $0 + "\($1)".utf8.count }
        #expect(try await store.size(.all(), ReadOptions()).value == keyBytes + 9_000 * 3 + 4 + 100_000)
        await store.close()
    }

    @Test func readsWhileAllConnectionsAreLent() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(
            path: directory.file(),
            configuration: SQLiteConfiguration(readersMax: 1)
        )
        try await store.put([1], at: Key("partition", "key"))
        let lent = try await store.pool.borrow()
        async let first = store.get(Key("partition", "key"))
        async let second = store.get(Key("partition", "key"))
        while store.pool.waiting < 2 { await Task.yield() }
        store.pool.giveBack(lent)
        #expect(try await [first?.value, second?.value] == [[1], [1]])
        await store.close()
    }

    @Test func aReadThatWaitsLearnsThatTheStoreIsClosed() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(
            path: directory.file(),
            configuration: SQLiteConfiguration(readersMax: 1)
        )
        let lent = try await store.pool.borrow()
        let read = Task { try await store.get(Key("partition", "key")) }
        while store.pool.waiting < 1 { await Task.yield() }
        async let closing: Void = store.close()
        let error = await #expect(throws: StoreError.self) { _ = try await read.value }
        #expect(error?.code == .unavailable)
        store.pool.giveBack(lent)
        await closing
        for _ in 0..<2 {
            let error = await #expect(throws: StoreError.self) { _ = try await store.get(Key("partition", "key")) }
            #expect(error?.code == .unavailable)
            let refused = await #expect(throws: StoreError.self) { try await store.put([1], at: Key("p", "k")) }
            #expect(refused?.code == .unavailable)
            await store.close()
        }
    }

    @Test func readsWhatIsNotDamaged() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        let keys = (0..<2_000).map { Key("partition", "key \(10_000 + $0)") }
        _ = try await store.write(WriteBatch(keys.map { .init(.put(Array(repeating: 7, count: 200)), at: $0) }))
        await store.close()

        // A leaf in the middle of the file.
        let file = try FileHandle(forUpdating: URL(filePath: directory.file()))
        let size = try file.seekToEnd()
        try file.seek(toOffset: size / 4_096 / 2 * 4_096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        try file.close()

        store = try await SQLiteStore.open(path: directory.file())
        var codes: [StoreError.Code: Int] = [:]
        var read = 0
        for key in keys {
            do throws(StoreError) {
                let entry = try await store.get(key)
                #expect(entry?.value.count == 200)
                read += 1
            } catch {
                codes[error.code, default: 0] += 1
            }
        }
        #expect(Array(codes.keys) == [.corrupted])
        #expect(read > 1_900)
        #expect(read + (codes[.corrupted] ?? 0) == keys.count)
        let error = await #expect(throws: StoreError.self) { _ = try await store.count(.all()) }
        #expect(error?.code == .corrupted)
        await store.close()
    }

    @Test func refusesRowsOfOtherTypes() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        await store.close()
        try RawDatabase(directory.file()).run("INSERT INTO records VALUES (x'70', x'6B', 'nonce', 'text')")
        store = try await SQLiteStore.open(path: directory.file())
        let error = await #expect(throws: StoreError.self) { _ = try await store.get(Key("p", "k")) }
        #expect(error?.code == .corrupted)
        let scanning = await #expect(throws: StoreError.self) {
            _ = try await store.scan(.all(), ScanOptions(), after: nil)
        }
        #expect(scanning?.code == .corrupted)
        await store.close()
    }

    @Test func isReadByTheShellOfSQLite() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        for space in KeySpace.allCases {
            let count = 10 * (Int(space.rawValue) + 1)
            _ = try await store.write(
                WriteBatch((0..<count).map { .init(.put([1]), at: Key("partition", "\($0)", space: space)) })
            )
        }
        // While the store holds the file, and from its log.
        let shell = try ChildProcess(
            "/usr/bin/sqlite3",
            [
                "-readonly", directory.file(), "SELECT count(*) FROM records", "SELECT count(*) FROM reserved_data",
                "SELECT count(*) FROM reserved_local", "PRAGMA integrity_check",
            ]
        )
        #expect(shell.rest() == ["10", "20", "30", "ok"])
        await store.close()
    }
}
#endif
