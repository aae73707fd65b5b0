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
    struct Report: Sendable {
        var intents = 0
        var totals = 0
        var left = 0
        /// Whether totals were left that miss changes from before the sweep.
        var isBehind = false
        /// What could not be read, and was left: up to so many as a report names.
        var damage: [RecordError] = []
    }

    /// Sweeps one partition of records, a bounded page at a time. What others are busy with is left for the next sweep,
    /// and counted; so is what can't be brought in line since a row that it takes can't be read.
    func sweep(_ partition: [UInt8]) async throws -> Report {
        var report = Report()
        try await settle(partition, &report)
        try await recount(partition, &report)
        do {
            let published = try await TotalPublisher(writer: writer).publish(partition, shapes)
            report.left += published.left
            if published.left > 0 { report.isBehind = true }
        } catch let error as RecordError where error.row != nil {
            report.leave(error)
        }
        return report
    }

    private func settle(_ partition: [UInt8], _ report: inout Report) async throws {
        let intents = try writer.layout.range(of: .intent, in: partition)
        try await RowPages(store, intents).visit { page in
            for entry in page {
                do {
                    guard let shape = RecordLayout.decode(entry.key).flatMap({ shapes[$0.name] }),
                        try await settle(entry, shape)
                    else {
                        report.left += 1
                        continue
                    }
                } catch let error as RecordError where error.row != nil {
                    report.leave(error)
                    continue
                }
                try await store.delete(entry.key)
                report.intents += 1
            }
        }
    }

    private func settle(_ entry: Entry, _ shape: RecordShape) async throws -> Bool {
        let intent: IntentRow
        do throws(RecordError) {
            intent = try IntentRow(entry.value)
        } catch {
            throw error.at(entry.key)
        }
        return try await repairer.settle(intent, shape)
    }

    private func recount(_ partition: [UInt8], _ report: inout Report) async throws {
        let doubts = try writer.layout.range(of: .doubt, in: partition)
        try await RowPages(store, doubts).visit { page in
            let byType = Dictionary(grouping: page) { doubt in
                RecordLayout.decode(doubt.key).map { RecordLayout.type(of: $0.name) } ?? ""
            }
            for (type, doubts) in byType.sorted(by: { $0.key < $1.key }) {
                do {
                    guard let shape = shapes[type],
                        try await recount(doubts, of: shape, in: partition, isBehind: &report.isBehind)
                    else {
                        report.left += 1
                        continue
                    }
                } catch let error as RecordError where error.row != nil {
                    report.leave(error)
                    continue
                }
                report.totals += doubts.count
            }
        }
    }

    /// Counts the records of a partition for totals in doubt: false if some stay in doubt.
    private func recount(
        _ doubts: [Entry],
        of shape: RecordShape,
        in partition: [UInt8],
        isBehind: inout Bool
    ) async throws -> Bool {
        let totals = doubts.compactMap { RecordLayout.total(of: $0.key) }
        guard totals.count == doubts.count else { return false }
        // Whoever is on his way raises the doubt again after his record, but only the intent says that there is such a
        // one, so it is looked for after the doubt and before the records.
        let wanted = Set(totals)
        var named: Set<Key> = []
        let intents = try writer.layout.range(of: .intent, in: partition)
        try await RowPages(store, intents).visit { page in
            for intent in page {
                do throws(RecordError) {
                    named.formUnion(try IntentRow(intent.value).rows.intersection(wanted))
                } catch {
                    throw error.at(intent.key)
                }
            }
        }
        let failed = try await Recounter(writer: writer).count(wanted, of: shape, in: partition)
        // What a change on its way leaves in doubt was counted all the same.
        if !failed.isEmpty { isBehind = true }
        var isWhole = true
        for (doubt, total) in zip(doubts, totals) {
            guard !failed.contains(total), !named.contains(total) else {
                isWhole = false
                continue
            }
            let end = WriteBatch.Operation(store.capabilities.removal, at: doubt.key, if: .revision(doubt.revision))
            if case .failure = await writer.write([end]) { isWhole = false }
        }
        return isWhole
    }
}

extension Sweeper.Report {
    /// Leaves something open since a row can't be read, which totals may miss changes of.
    fileprivate mutating func leave(_ error: RecordError) {
        left += 1
        isBehind = true
        damage.note(error)
    }
}

extension [RecordError] {
    /// Keeps an error, if there are no more than a report names.
    mutating func note(_ error: RecordError) {
        if count < ScrubReport.damagedMax { append(error) }
    }
}
