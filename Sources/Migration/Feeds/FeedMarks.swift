import KeyValue
import Synchronization

/// A store without marks that keeps a feed of its changes: it shows as marks whatever changed behind a place that is kept
/// in the control store, and clearing them moves the place.
///
/// So to all others it is a store like any other. The feed shows the writes of workers too: those are carried over once
/// more, which does no harm. Before changes of the store are to be carried over, its place is taken anew.
final class FeedMarks: StoreDecorator {
    let base: any KeyValueStore
    private let other: any KeyValueStore
    private let side: Side
    private let control: ControlStore
    private let listings = Mutex(FeedListings())

    /// - Parameter other: The other store of the migration.
    init(_ base: any KeyValueStore, _ side: Side, other: any KeyValueStore, _ control: ControlStore) {
        self.base = base
        self.other = other
        self.side = side
        self.control = control
    }

    var capabilities: Capabilities {
        var capabilities = base.capabilities
        capabilities.marks = true
        return capabilities
    }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await base.write(FeedMarks.unmarked(batch))
    }

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        await base.write(each: batches.map(FeedMarks.unmarked))
    }

    private static func unmarked(_ batch: WriteBatch) -> WriteBatch {
        var batch = batch
        batch.mark = nil
        return batch
    }

    /// Lets everything that was written so far count as carried over, once an epoch; only while nobody but workers
    /// writes to the store, or before anything was copied.
    func begin(epoch: UInt64) async throws(StoreError) {
        while true {
            let known = try await control.readFeed(side)
            if let known, known.record.epoch >= epoch { return }
            let record = FeedRecord(epoch: epoch, place: .feed(try await base.feedPosition()))
            if try await control.keep(record, side, if: known.map { .revision($0.revision) } ?? .absent) { return }
            if Task.isCancelled { throw .cancelled }
        }
    }

    func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        guard let (place, listed) = try await list(in: bin, limit: limit, after: cursor) else {
            return MarkPage(marks: [], cursor: nil)
        }
        let marks = listings.withLock { $0.append(from: place, to: listed.to, listed.changes) }
        if marks.isEmpty { try await advance() }
        return MarkPage(marks: marks, cursor: listed.cursor)
    }

    /// How many marks a page would have, and where the next one begins. Unlike those that are listed, which may be cleared,
    /// nothing is kept of them.
    func countMarks(
        in bin: Bin,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> (count: Int, cursor: Cursor?) {
        guard let (_, listed) = try await list(in: bin, limit: limit, after: cursor) else { return (0, nil) }
        return (listed.changes.count, listed.cursor)
    }

    /// A page and where it begins; nil for a bin of which the feed tells nothing.
    private func list(
        in bin: Bin,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> (place: FeedPlace, listed: Listed)? {
        let limit = try capabilities.limits.listingLimit(limit)
        guard try await isFirst(bin) else { return nil }
        var from = try cursor.map { (cursor) throws(StoreError) in try FeedPlace(cursor) }
        while true {
            let place: FeedPlace
            if let from { place = from } else { place = try await stored().record.place }
            if let listed = try await list(from: place, limit: limit) { return (place, listed) }
            try await startOver()
            from = nil
        }
    }

    func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        guard try await isFirst(bin) else { return }
        listings.withLock { $0.clear(ids) }
        try await advance()
    }

    /// There is one feed, whatever the number of bins.
    private func isFirst(_ bin: Bin) async throws(StoreError) -> Bool {
        let bins = try await base.bins()
        guard bins.contains(bin) else { throw .noSuchBin(bin) }
        return bins.first == bin
    }

    private func stored() async throws(StoreError) -> (record: FeedRecord, revision: Revision) {
        guard let stored = try await control.readFeed(side) else { throw .damagedControl }
        return stored
    }

    /// Moves the place on as far as everything is done with.
    private func advance() async throws(StoreError) {
        let stored = try await stored()
        let place = listings.withLock { $0.advanced(from: stored.record.place) }
        guard place != stored.record.place else { return }
        var record = stored.record
        record.place = place
        // If somebody else has moved it meanwhile, their word counts.
        _ = try await control.keep(record, side, if: .revision(stored.revision))
    }

    /// From now on everything counts as changed.
    private func startOver() async throws(StoreError) {
        let stored = try await stored()
        var record = stored.record
        record.place = .everything(.beginning, then: try await base.feedPosition())
        _ = try await control.keep(record, side, if: .revision(stored.revision))
    }

    private struct Listed {
        var changes: [(key: Key, place: FeedPlace?)]
        var to: FeedPlace
        var isAtEnd: Bool

        /// Where the next page begins; nil at the end.
        var cursor: Cursor? { isAtEnd ? nil : to.cursor }
    }

    /// Some of what changed behind a place; nil when the feed no longer reaches back as far.
    private func list(from place: FeedPlace, limit: Int) async throws(StoreError) -> Listed? {
        switch place {
        case .feed(let position):
            guard let page = try await base.changes(since: position, limit: limit) else { return nil }
            return Listed(
                changes: page.changes.map { ($0.key, .feed($0.position)) },
                to: .feed(page.position),
                isAtEnd: page.isAtEnd
            )
        case .everything(let place, let position):
            let options = ScanOptions(limit: limit, keysOnly: true, includesTombstones: true)
            let store = place.side == side ? base : other
            let page = try await store.scan(.all(in: place.space), options, after: place.cursor)
            let next = place.next(page.cursor).map { FeedPlace.everything($0, then: position) }
            return Listed(changes: page.map { ($0.key, nil) }, to: next ?? .feed(position), isAtEnd: false)
        }
    }
}
