import KeyValue
import Tuples

/// Deletes records that have expired, each by the protocol of changes and only if it still is expired.
///
/// With a value index whose first column is the expiry it reads what is to go; without one it reads all records of the
/// type.
struct ExpirySweeper: Sendable {
    let writer: RecordWriter
    let pageSize: Int

    /// What was deleted, and what could not be read and was left: up to so many as a report names.
    struct Report {
        var deleted = 0
        var damage: [RecordError] = []
    }

    /// Deletes those in a partition of records, unless a global index says better.
    func sweep(_ partition: [UInt8], of shape: RecordShape) async throws -> Report {
        guard shape.expiryField != nil else { return Report() }
        guard let index = index(of: shape) else {
            let range = try writer.layout.range(of: .record, [.string(shape.name)], in: partition)
            return try await delete(in: range, of: shape) { entry in
                let row = try RecordRow(entry, at: entry.key, now: writer.wallClock(), shape, writer.layout)
                return row.isExpired ? entry.key : nil
            }
        }
        return index.scope == .local ? try await sweep(index, partition, shape) : Report()
    }

    /// Deletes those that a global index names, if there is one.
    func sweepGlobal(_ shape: RecordShape) async throws -> Report {
        var report = Report()
        guard let index = index(of: shape), case .global(let shards) = index.scope else { return report }
        for shard in 0..<shards {
            let place = try writer.layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)]))
            let swept = try await sweep(index, place, shape)
            report.deleted += swept.deleted
            for error in swept.damage { report.damage.note(error) }
        }
        return report
    }

    private func index(of shape: RecordShape) -> Index? {
        guard let expiry = shape.expiryField else { return nil }
        return shape.indexes.first { $0.kind == .value && $0.columns.first == .field(expiry) }
    }

    private func sweep(_ index: Index, _ partition: [UInt8], _ shape: RecordShape) async throws -> Report {
        let prefix: [TupleElement] = [
            .integer(RecordLayout.Kind.entry.rawValue), .string(RecordLayout.name(of: index, shape)),
        ]
        let first = Tuple(prefix + [.timestamp(Timestamp(microseconds: .min))])
        let last = Tuple(prefix + [.timestamp(writer.wallClock())])
        let range = KeyRange.partition(
            partition,
            from: try RecordLayout.encode(first),
            to: try RecordLayout.encode(last) + [.max]
        )
        return try await delete(in: range, of: shape) { entry in
            guard let (_, _, elements) = RecordLayout.decode(entry.key) else { return nil }
            return try RecordLayout.record(of: entry.key, elements, shape)
        }
    }

    private func delete(
        in range: KeyRange,
        of shape: RecordShape,
        _ record: (Entry) throws -> Key?
    ) async throws -> Report {
        var report = Report()
        try await RowPages(writer.store, range, limit: pageSize).visit { page in
            try Task.checkCancellation()
            for entry in page {
                do {
                    guard let key = try record(entry) else { continue }
                    // Judged by the record itself: an entry may be left over from another expiry.
                    guard try await writer.read(key, shape).isExpired else { continue }
                    _ = try await writer.apply(Change(key: key, condition: .expired, editing: { _ in .deleted }), shape)
                    report.deleted += 1
                } catch let error as RecordError {
                    // Somebody is busy with it; there is a next round.
                    if error.code == .contended { continue }
                    guard error.isOfDamage else { throw error }
                    report.damage.note(error.at(entry.key))
                }
            }
        }
        return report
    }
}
