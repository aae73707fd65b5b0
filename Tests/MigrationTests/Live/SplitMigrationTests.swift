import KeyValue
import TestSupport
import Testing

@testable import Migration

/// A store that is taken apart while it is used, of which a part moves alone, and that is put together again.
@Suite struct SplitMigrationTests {
    private let time = SimulatedTime()

    private func memory() -> MemoryStore { MemoryStore(environment: time.environment) }

    private func split(_ rest: any KeyValueStore, _ part: any KeyValueStore) throws -> SplitStore {
        try SplitStore(rest: rest, [SplitStore.Part(name: "files", prefix: Array("files".utf8), store: part)])
    }

    private static func key(_ number: Int) -> Key { Key(["a", "files-1", "files-2", "z"][number % 4], "\(number)") }

    /// Everything is there before and after, with what was changed on the way; nothing else writes the source after.
    private func move(from source: any KeyValueStore, to target: any KeyValueStore) async throws {
        let migration = try await LiveMigration.planned(from: source, to: target, on: time)
        let store = try await migration.open()
        try await migration.capture()
        for number in 0..<8 { try await store.put([200], at: SplitMigrationTests.key(number)) }
        for number in 8..<12 { try await store.delete(SplitMigrationTests.key(number)) }
        let before = try await LiveMigration.rows(of: store)
        try await migration.controller.switchOver()
        #expect(try await LiveMigration.rows(of: store) == before)
        for number in 8..<12 { try await store.put([201], at: SplitMigrationTests.key(number)) }
        let after = try await LiveMigration.rows(of: store)
        #expect(after.count == before.count + 4)
        try await migration.controller.finalize()
        #expect(try await LiveMigration.rows(of: target) == after)
        for number in 0..<4 {
            let error = await #expect(throws: StoreError.self) {
                try await source.put([1], at: SplitMigrationTests.key(number))
            }
            #expect(error?.code == .movedAway)
        }
    }

    @Test func partsGoTheirOwnWay() async throws {
        let whole = memory()
        for number in 0..<60 { try await whole.put([UInt8(number)], at: SplitMigrationTests.key(number)) }
        let (rest, files, otherFiles, together) = (memory(), memory(), memory(), memory())
        try await move(from: whole, to: try split(rest, files))
        let kept = try await LiveMigration.rows(of: rest)
        #expect(kept.keys.allSatisfy { $0.partition == [0x61] || $0.partition == [0x7A] } && kept.count == 30)

        // A part alone, whose source and target know nothing of the rest.
        let moved = try await LiveMigration.rows(of: files)
        let migration = try await LiveMigration.planned(from: files, to: otherFiles, on: time)
        let store = try split(rest, try await migration.open())
        try await migration.capture()
        try await store.put([202], at: SplitMigrationTests.key(1))
        try await store.put([202], at: SplitMigrationTests.key(4))
        try await migration.controller.switchOver()
        try await store.put([203], at: SplitMigrationTests.key(2))
        try await store.put([203], at: SplitMigrationTests.key(3))
        try await migration.controller.finalize()
        let now = try await LiveMigration.rows(of: otherFiles)
        #expect(now.count == moved.count && now[SplitMigrationTests.key(1)] == [202])
        #expect(now[SplitMigrationTests.key(2)] == [203])
        #expect(try await rest.get(SplitMigrationTests.key(4))?.value == [202])

        try await move(from: try split(rest, otherFiles), to: together)
        #expect(try await LiveMigration.rows(of: together).count == 60)
    }

    @Test func aPartThatIsNotEmptyIsNoTarget() async throws {
        let (source, part) = (memory(), memory())
        try await part.put([1], at: Key("files", "k"))
        let stores = try MigrationStores(
            source: source,
            target: try split(memory(), part),
            control: try ControlStore(memory(), name: "m", environment: time.environment)
        )
        let report = try await MigrationController.check(stores, environment: time.environment)
        #expect(report.findings.contains(.targetNotEmpty))
    }
}
