import KeyValue
import Synchronization
import TestSupport
import Testing

@testable import Migration

/// Changes that have piled up before anybody carries them over: they are read in pages, however many they are, and who
/// only asks how many there are does not read them all.
@Suite struct PendingMarksTests {
    private static let count = 5_000
    private static let profiles = [MemoryProfile.reference, .changeFeed]

    /// A migration that has copied everything, and then so many changes.
    private func piledUp(
        _ profile: MemoryProfile,
        _ source: ListingMeter,
        _ target: Competitor = Competitor()
    ) async throws -> LiveMigration {
        let migration = try await LiveMigration.planned(
            from: profile,
            wrapping: { side, store in side == .source ? source.before(store) : target.before(store) }
        )
        try await migration.capture()
        let epoch = try await migration.controller.record().epoch
        let batches = (0..<PendingMarksTests.count).map { number in
            let mark = MarkID(high: 1, low: UInt64(number))
            return WriteBatch([.init(.put([1]), at: Key("p\(number % 7)", "\(number)"))], epoch: epoch, mark: mark)
        }
        for result in await migration.stores.source.write(each: batches) { _ = try result.get() }
        source.reset()
        return migration
    }

    @Test(arguments: profiles) func theyAreCarriedOverInPages(_ profile: MemoryProfile) async throws {
        let meter = ListingMeter()
        let migration = try await piledUp(profile, meter)
        let bins = try await migration.stores.source.bins().count

        _ = try await migration.stores.control.status(milliseconds: 0)
        #expect(meter.pages == 0)
        let record = try await migration.controller.record()
        #expect(try await migration.controller.marksLeft(record) > record.plan.marksMax)
        #expect(meter.pages <= 2 * bins)

        meter.reset()
        let pass = try await Reconciler(migration.stores).pass(.forward)
        #expect(pass.listed == PendingMarksTests.count && pass.cleared == pass.listed)
        #expect(meter.largest <= 256 && meter.pages <= PendingMarksTests.count / 256 + 2 * bins)
        #expect(try await migration.controller.marksLeft(record) == 0)
        let copied = try await migration.stores.target.count(.all(in: .records), ReadOptions()).value
        #expect(copied == PendingMarksTests.count)
    }

    /// Somebody else writes one of the first rows at the same moment, as another worker may.
    @Test(arguments: profiles) func oneThatIsLeftDoesNotCostAllOthersAgain(_ profile: MemoryProfile) async throws {
        let (meter, competitor) = (ListingMeter(), Competitor())
        let migration = try await piledUp(profile, meter, competitor)
        competitor.strike()
        var left = 0
        var passes = 0
        repeat {
            let pass = try await Reconciler(migration.stores).pass(.forward)
            left = pass.listed - pass.cleared
            passes += 1
        } while left > 0
        #expect(passes == 2)
        #expect(meter.pages <= PendingMarksTests.count / 256 + 4)
        let record = try await migration.controller.record()
        #expect(try await migration.controller.marksLeft(record) == 0)
    }
}

/// Counts how often changes are listed, and how many at once.
private final class ListingMeter: Sendable {
    private let counts = Mutex((pages: 0, largest: 0))

    var pages: Int { counts.withLock(\.pages) }
    var largest: Int { counts.withLock(\.largest) }

    func reset() { counts.withLock { $0 = (0, 0) } }

    func note(_ count: Int) {
        counts.withLock { $0 = ($0.pages + 1, max($0.largest, count)) }
    }

    func before(_ store: any KeyValueStore) -> any KeyValueStore { Metered(base: store, meter: self) }

    private struct Metered: PassingStore {
        let base: any KeyValueStore
        let meter: ListingMeter

        func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
            let page = try await base.marks(in: bin, limit: limit, after: cursor)
            meter.note(page.marks.count)
            return page
        }

        func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage? {
            let page = try await base.changes(since: position, limit: limit)
            meter.note(page?.changes.count ?? 0)
            return page
        }
    }
}

/// Writes a row once just before a worker does.
private final class Competitor: Sendable {
    private let isArmed = Mutex(false)

    func strike() { isArmed.withLock { $0 = true } }

    func before(_ store: any KeyValueStore) -> any KeyValueStore { Contested(base: store, competitor: self) }

    private struct Contested: PassingStore {
        let base: any KeyValueStore
        let competitor: Competitor

        func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
            if let first = batches.first?.operations.first, competitor.isDue() {
                let batch = WriteBatch([.init(.put([2]), at: first.key)], epoch: batches[0].epoch)
                _ = await base.write(each: [batch])
            }
            return await base.write(each: batches)
        }
    }

    private func isDue() -> Bool {
        isArmed.withLock { isArmed in
            defer { isArmed = false }
            return isArmed
        }
    }
}
