#if SQLite
import KeyValue
import SQLiteStore
import TestSupport
import Testing

@Suite struct ContractTests {
    @Test func keepsWhatWasWrittenWhenItIsOpenedAgain() async throws {
        let directory = try TemporaryDirectory()
        var store = try await SQLiteStore.open(path: directory.file())
        let key = Key("partition", "key")
        let revision = try await store.put([1, 2, 3], at: key)
        try await store.put([], at: Key("partition", "empty"))
        let entry = try #require(try await store.get(key))
        #expect(entry.value == [1, 2, 3])
        #expect(entry.revision == revision)
        await store.close()

        store = try await SQLiteStore.open(path: directory.file())
        let again = try await store.get([key, Key("partition", "empty"), Key("partition", "missing")])
        #expect(again.map { $0?.value } == [[1, 2, 3], [], nil])
        #expect(again[0]?.revision != revision)
        await store.close()
    }
}
#endif
