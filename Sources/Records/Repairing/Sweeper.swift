import KeyValue
import Tuples

/// Finishes what crashed writers have begun, and counts anew what is in doubt.
///
/// It is safe at any time, beside any writer: one that is only slow has to begin its change anew.
struct Sweeper: Sendable {
    let repairer: Repairer
    let shapes: [String: RecordShape]

    private var writer: RecordWriter { repairer.writer }
    private var store: any KeyValueStore { writer.store }

    /// What a sweep found and did.
    struct Report: Hashable, Sendable {
        var intents = 0
        var totals = 0
        var left = 0
    }

    /// Sweeps one partition of records. What others are busy with is left for the next sweep, and counted.
    func sweep(_ partition: [UInt8]) async throws -> Report {
        var report = Report()
        for entry in try await rows(of: .intent, in: partition) {
            guard let shape = RecordLayout.decode(entry.key).flatMap({ shapes[$0.name] }) else {
                report.left += 1
                continue
            }
            guard try await repairer.settle(try IntentRow(entry.value), shape) else {
                report.left += 1
                continue
            }
            try await store.delete(entry.key)
            report.intents += 1
        }
        let doubts = try await rows(of: .doubt, in: partition)
        let byType = Dictionary(grouping: doubts) { doubt in
            RecordLayout.decode(doubt.key).map { RecordLayout.type(of: $0.name) } ?? ""
        }
        for (type, doubts) in byType.sorted(by: { $0.key < $1.key }) {
            guard let shape = shapes[type], try await recount(doubts, of: shape, in: partition) else {
                report.left += 1
                continue
            }
            report.totals += doubts.count
        }
        return report
    }

    /// Counts the records of a partition for totals in doubt: false if some stay in doubt.
    private func recount(_ doubts: [Entry], of shape: RecordShape, in partition: [UInt8]) async throws -> Bool {
        let totals = doubts.compactMap { RecordLayout.total(of: $0.key) }
        guard totals.count == doubts.count else { return false }
        // Whoever is on his way raises the doubt again after his record, but only the intent says that there is such a
        // one, so it is looked for after the doubt and before the records.
        var named: Set<Key> = []
        for intent in try await rows(of: .intent, in: partition) { named.formUnion(try IntentRow(intent.value).rows) }
        let before = try await writer.rows(at: Set(totals))
        var sums: [Key: Int64] = [:]
        for entry in try await rows(of: .record, [.string(shape.name)], in: partition) {
            let row = try RecordRow(entry, at: entry.key, now: writer.wallClock(), shape, writer.layout)
            for (key, amount) in row.projection.totals { sums[key, default: 0] &+= amount }
        }
        var isWhole = true
        for (doubt, total) in zip(doubts, totals) {
            let sum = Counter.encode(sums[total] ?? 0)
            let precondition: Precondition = before[total].map { .revision($0.revision) } ?? .vacant
            let put = WriteBatch.Operation(.put(sum), at: total, if: precondition)
            guard case .success = await writer.write([put]), !named.contains(total) else {
                isWhole = false
                continue
            }
            let end = WriteBatch.Operation(store.capabilities.removal, at: doubt.key, if: .revision(doubt.revision))
            if case .failure = await writer.write([end]) { isWhole = false }
        }
        return isWhole
    }

    /// The live rows of a kind in a partition.
    private func rows(
        of kind: RecordLayout.Kind,
        _ elements: [TupleElement] = [],
        in partition: [UInt8]
    ) async throws -> [Entry] {
        let range = try writer.layout.range(of: kind, elements, in: partition)
        var rows: [Entry] = []
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(range, ScanOptions(), after: cursor)
            rows += page.map(\.entry)
            cursor = page.cursor
        } while cursor != nil
        return rows
    }
}
