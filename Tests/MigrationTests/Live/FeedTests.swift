import KeyValue
import TestSupport
import Testing

@testable import Migration

/// Moving a store that has no marks but a feed of its changes.
@Suite struct FeedTests {
    private static func key(_ number: Int) -> Key { Key("p\(number % 3)", "\(number)") }

    private func filled(_ profile: MemoryProfile = .changeFeed) async throws -> LiveMigration {
        try await LiveMigration.planned(from: profile, to: profile) { store in
            for number in 0..<400 { try await store.put([UInt8(number % 251)], at: FeedTests.key(number)) }
        }
    }

    private func change(_ store: any KeyValueStore, _ value: UInt8) async throws {
        for number in 0..<300 { try await store.put([value], at: FeedTests.key(number)) }
        try await store.delete(FeedTests.key(7))
        try await store.put([value], at: FeedTests.key(1_000 + Int(value)))
    }

    private func expectEqual(_ migration: LiveMigration) async throws {
        let source = try await LiveMigration.rows(of: migration.stores.source)
        #expect(try await LiveMigration.rows(of: migration.stores.target) == source)
    }

    @Test func recordsMoveThereAndBackAndThere() async throws {
        let migration = try await filled()
        let store = try await migration.open()
        try await migration.capture()
        try await change(store, 1)
        try await migration.reconcile(.forward)
        try await expectEqual(migration)
        try await change(store, 2)
        try await migration.controller.switchOver()
        try await expectEqual(migration)
        try await change(store, 3)
        try await migration.controller.rollBack()
        try await expectEqual(migration)
        try await change(store, 4)
        let before = try await LiveMigration.rows(of: store)
        try await migration.controller.switchOver()
        try await migration.controller.finalize()
        #expect(try await LiveMigration.rows(of: store) == before)
        #expect(before[FeedTests.key(0)] == [4] && before[FeedTests.key(7)] == nil)
        await #expect(throws: StoreError.self) { try await migration.stores.source.put([1], at: FeedTests.key(1)) }
    }

    /// What a feed no longer tells of is looked for in all keys.
    @Test func aFeedThatIsTooOldCostsNothingButTime() async throws {
        var forgetful = MemoryProfile.changeFeed
        forgetful.feedKeysMax = 5
        let migration = try await filled(forgetful)
        let store = try await migration.open()
        try await migration.capture()
        try await change(store, 1)
        try await migration.reconcile(.forward)
        try await expectEqual(migration)
        try await change(store, 2)
        for _ in 0..<3 { _ = try await Reconciler(migration.stores).pass(.forward) }
        try await migration.controller.switchOver()
        try await expectEqual(migration)
    }

    /// A worker that is killed between writing and clearing leaves the place where it was.
    @Test func changesAreListedUntilTheyAreCleared() async throws {
        let migration = try await filled()
        try await migration.capture()
        let store = try await migration.open()
        for number in 0..<10 { try await store.put([9], at: FeedTests.key(number)) }
        let source = migration.stores.source
        let bin = try await source.bins()[0]
        let first = try await source.marks(in: bin, limit: 4, after: nil)
        #expect(first.marks.count == 4 && first.cursor != nil)
        // Of the second page everything is done with, of the first all but the third.
        let second = try await source.marks(in: bin, limit: 100, after: first.cursor)
        #expect(second.marks.count == 6 && second.cursor == nil)
        try await source.clearMarks(second.marks.map(\.id), in: bin)
        try await source.clearMarks([0, 1, 3].map { first.marks[$0].id }, in: bin)
        let again = try await source.marks(in: bin, limit: 100, after: nil)
        #expect(again.marks.flatMap(\.keys) == (2..<10).map(FeedTests.key))
        try await source.clearMarks([first.marks[2].id], in: bin)
        #expect(try await source.marks(in: bin, limit: 100, after: nil).marks.isEmpty)
        // Another process goes by the same place.
        let other = try MigrationStores(
            source: (source as? FeedMarks)?.base ?? source,
            target: migration.stores.target,
            control: migration.stores.control
        )
        #expect(try await other.source.marks(in: bin, limit: 100, after: nil).marks.isEmpty)
        await #expect(throws: StoreError.self) {
            _ = try await source.marks(in: bin, limit: 1, after: Cursor(bytes: [9]))
        }
        await #expect(throws: StoreError.self) { _ = try await source.marks(in: Bin("none"), limit: 1, after: nil) }
    }

    /// Where a fence is a lease, nothing is drained before it is over.
    @Test func aLeasedFenceIsWaitedFor() async throws {
        var leased = MemoryProfile.changeFeed
        leased.capabilities.fencing = .leased(.seconds(8))
        let migration = try await filled(leased)
        let report = try await MigrationController.check(migration.stores, environment: migration.time.environment)
        #expect(report.findings.contains(.heldForLease))
        try await migration.capture()
        let environment = migration.time.environment
        let began = environment.now()
        try await migration.controller.step(to: .sourceHeld)
        #expect(environment.now() - began >= .seconds(8))
        let held = environment.now()
        try await migration.controller.step(to: .targetHeld)
        try await migration.controller.step(to: .switched)
        #expect(environment.now() - held < .seconds(8))
        let back = environment.now()
        try await migration.controller.step(to: .targetHeld)
        #expect(environment.now() - back >= .seconds(8))
    }

    @Test func aFeedOfAStoreThatLagsIsNoReplacementForMarks() throws {
        var lagging = MemoryProfile.changeFeed
        lagging.capabilities.consistency = .exclusiveWrites
        #expect(throws: StoreError.self) {
            try MigrationStores(
                source: MemoryStore(lagging),
                target: MemoryStore(),
                control: try ControlStore(MemoryStore(), name: "m")
            )
        }
    }

    @Test func placesAreKept() throws {
        let position = FeedPosition(bytes: Array("12-g1AA".utf8))
        let inside = WalkPlace(side: .target, space: .records, cursor: Cursor(bytes: [1, 2]))
        for place in [FeedPlace.feed(position), .everything(inside, then: position)] {
            let record = FeedRecord(epoch: 7, place: place)
            #expect(try FeedRecord(encoded: record.encoded) == record)
            #expect(try FeedPlace(place.cursor) == place)
            for count in 0..<record.encoded.count {
                #expect(throws: StoreError.self) { try FeedRecord(encoded: Array(record.encoded.prefix(count))) }
            }
        }
    }
}
