import KeyValue
import Testing

@testable import Migration

/// Scans that go on across a switch: whole, or refused.
@Suite struct MigratingScanTests {
    private func moved(from profile: MemoryProfile, _ range: KeyRange) async throws -> (seen: Int, error: StoreError?) {
        let migration = try await LiveMigration.planned(from: profile) { store in
            for number in 0..<60 { try await store.put([1], at: Key("p\(number % 5)", "\(number)")) }
        }
        let store = try await migration.open()
        try await migration.capture()
        // In pages, to the end.
        #expect(try await keys(of: store, range).count == (range.extent == .all ? 60 : 12))
        let page = try await store.scan(range, ScanOptions(limit: 5), after: nil)
        let cursor = try #require(page.cursor)
        try await migration.controller.switchOver()
        do {
            return (try await keys(of: store, range, after: cursor).count + page.count, nil)
        } catch let error as StoreError {
            // Begun anew it is whole.
            #expect(try await keys(of: store, range).count == 60)
            return (0, error)
        }
    }

    private func keys(
        of store: any KeyValueStore,
        _ range: KeyRange,
        after first: Cursor? = nil
    ) async throws -> Set<Key> {
        var keys: Set<Key> = []
        var cursor = first
        repeat {
            let page = try await store.scan(range, ScanOptions(limit: 5), after: cursor)
            for row in page { #expect(keys.insert(row.key).inserted) }
            cursor = page.cursor
        } while cursor != nil
        return keys
    }

    @Test func goOnWhereBothStoresHaveOneOrder() async throws {
        let all = try await moved(from: .reference, .all())
        #expect(all.seen == 60)
        let partition = try await moved(from: .partitionScope, .partition(Array("p1".utf8)))
        #expect(partition.seen == 12)
    }

    @Test func areRefusedWhereTheyHaveNot() async throws {
        let outcome = try await moved(from: .unordered, .all())
        #expect(outcome.error?.code == .invalidArgument)
    }

    @Test func listsOfPartitionsAreRefusedToo() async throws {
        let migration = try await LiveMigration.planned(from: .unordered) { store in
            for number in 0..<20 { try await store.put([1], at: Key("p\(number)", "k")) }
        }
        let store = try await migration.open()
        try await migration.capture()
        let page = try await store.partitions(in: .records, limit: 5, after: nil)
        let next = try await store.partitions(in: .records, limit: 5, after: page.cursor)
        #expect(Set(page.partitions).isDisjoint(with: next.partitions))
        try await migration.controller.switchOver()
        let error = await #expect(throws: StoreError.self) {
            try await store.partitions(in: .records, limit: 5, after: page.cursor)
        }
        #expect(error?.code == .invalidArgument)
    }
}
