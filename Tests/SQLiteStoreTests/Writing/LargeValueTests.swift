#if SQLite
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct LargeValueTests {
    @Test func valuesOfAnyLengthCanFollowEachOther() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        var generator = SeededGenerator(seed: 1)
        var rows: [Key: [UInt8]] = [:]
        let lengths = [0, 1, 256, 257, 900, 950, 951, 952, 1_000, 4_096, 5_000, 100_000]
        for round in 0..<600 {
            let space = KeySpace.allCases.randomElement(using: &generator) ?? .records
            let key = Key("partition", "\(generator.next() % 9)", space: space)
            let value = generator.bytes(lengths.randomElement(using: &generator) ?? 0)
            switch generator.next() % 4 {
            case 0:
                let existed = try await store.delete(key)
                #expect(existed == (rows.removeValue(forKey: key) != nil))
            case 1:
                _ = try await store.write(WriteBatch([.init(.bury, at: key)]))
                rows[key] = nil
            default:
                try await store.put(value, at: key)
                rows[key] = value
            }
            if round == 300 {
                await store.close()
                store = try await SQLiteStore.open(path: directory.file())
            }
            let entry = try await store.get(key)
            #expect(entry?.value == rows[key])
        }
        for space in KeySpace.allCases {
            let expected = rows.filter { $0.key.space == space }.sorted { $0.key < $1.key }
            for reverse in [false, true] {
                let options = ScanOptions(bytesMax: 1 << 20, reverse: reverse)
                let page = try await store.scan(.all(in: space), options, after: nil)
                let found = page.map { Array($0.value) }
                #expect(page.cursor == nil)
                #expect((reverse ? found.reversed() : found) == expected.map(\.value))
            }
            let keys = try await store.scan(.all(in: space), ScanOptions(keysOnly: true), after: nil)
            #expect(keys.map(\.key) == expected.map(\.key))
            #expect(keys.allSatisfy { $0.value.isEmpty })
            let size = try await store.size(.all(in: space), ReadOptions())
            #expect(size.value == expected.reduce(0) { $0 + $1.key.bytes.count + $1.value.count })
        }
        await store.close()

        // None is left behind, and none is missing.
        let raw = try RawDatabase(directory.file())
        let large = rows.count { LargeValue.isLarge($0.value, at: $0.key) }
        #expect(large > 0)
        #expect(try raw.run("SELECT count(*) FROM large_values") == [["\(large)"]])
        for space in KeySpace.allCases {
            let longest = "SELECT coalesce(max(length(k) + length(p) + length(v)), 0) <= 960 FROM \(space.table)"
            #expect(try raw.run(longest) == [["1"]])
        }
    }

    @Test func aLargeValueThatIsGoneIsDamage() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        try await store.put(Array(repeating: 1, count: 5_000), at: Key("partition", "key"))
        await store.close()
        for change in ["UPDATE large_values SET v = x'00'", "DELETE FROM large_values"] {
            try RawDatabase(directory.file()).run(change)
            store = try await SQLiteStore.open(path: directory.file())
            let reading = await #expect(throws: StoreError.self) { _ = try await store.get(Key("partition", "key")) }
            #expect(reading?.code == .corrupted)
            let scanning = await #expect(throws: StoreError.self) {
                _ = try await store.scan(.all(), ScanOptions(), after: nil)
            }
            #expect(scanning?.code == .corrupted)
            await store.close()
        }
        // What is written over it is whole again.
        store = try await SQLiteStore.open(path: directory.file())
        try await store.put([2], at: Key("partition", "key"))
        let entry = try await store.get(Key("partition", "key"))
        #expect(entry?.value == [2])
        await store.close()
    }

    @Test(arguments: [(1, 0), (1, 16 << 20), (1 << 36, 33_554_431), (7, 961)])
    func referencesAreExact(_ id: Int, _ count: Int) throws {
        let large = try #require(LargeValue(id: id, count: count))
        let again = LargeValue(reference: large.reference)
        #expect(again.id == id)
        #expect(again.count == count)
        #expect(large.reference > 0)
        #expect(LargeValue(id: 0, count: count) == nil)
        #expect(LargeValue(id: 1 << 37, count: count) == nil)
        #expect(LargeValue(id: id, count: 1 << 25) == nil)
    }
}
#endif
