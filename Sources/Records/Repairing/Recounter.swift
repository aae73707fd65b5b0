import KeyValue
import Tuples

/// Counts the records of a partition anew for some totals.
///
/// A total is read before the records and written over what was read, so a change that was counted in one of them only
/// makes the write fail. It reads all records of the type in the partition, a page at a time.
struct Recounter: Sendable {
    /// How often totals that others change meanwhile are counted again.
    private static let attemptsMax = 16
    /// How many totals are counted in one pass over the records.
    private static let totalsMax = 4_096

    let writer: RecordWriter

    /// Counts totals once.
    ///
    /// - Returns: Those that others changed meanwhile: they are as they were.
    func count(_ totals: Set<Key>, of shape: RecordShape, in partition: [UInt8]) async throws -> Set<Key> {
        let before = try await writer.rows(at: totals)
        var sums: [Key: Int64] = [:]
        try await visitRows(of: shape, in: partition) { row in
            for (key, amount) in row.projection.totals where totals.contains(key) { sums[key, default: 0] &+= amount }
        }
        var failed: Set<Key> = []
        for total in totals.sorted() {
            let precondition: Precondition = before[total].map { .revision($0.revision) } ?? .vacant
            let sum = Counter.encode(sums[total] ?? 0)
            if case .failure = await writer.write([WriteBatch.Operation(.put(sum), at: total, if: precondition)]) {
                failed.insert(total)
            }
        }
        return failed
    }

    /// Counts all totals of an index in a partition, those of groups that no record has any more too.
    ///
    /// - Throws: ``RecordError/Code/contended`` if others went on changing some of them.
    func count(_ index: Index, of shape: RecordShape, in partition: [UInt8], pageSize: Int) async throws {
        let name = RecordLayout.name(of: index, shape)
        var rest: Set<Key> = []
        let known = try writer.layout.range(of: .total, [.string(name)], in: partition)
        try await RowPages(writer.store, known, limit: pageSize, keysOnly: true).visit { page in
            rest.formUnion(page.map(\.key))
        }
        try await visitRows(of: shape, in: partition) { row in
            rest.formUnion(row.projection.totals.keys.filter { RecordLayout.decode($0)?.name == name })
        }
        for _ in 0..<Recounter.attemptsMax {
            var failed: Set<Key> = []
            let sorted = rest.sorted()
            for start in stride(from: 0, to: sorted.count, by: Recounter.totalsMax) {
                let piece = Set(sorted[start..<min(sorted.count, start + Recounter.totalsMax)])
                failed.formUnion(try await count(piece, of: shape, in: partition))
            }
            if failed.isEmpty { return }
            rest = failed
        }
        throw RecordError(
            .contended,
            "Totals went on changing while they were counted: count again when there is less to do.",
            ["type": shape.name, "index": index.name]
        )
    }

    private func visitRows(
        of shape: RecordShape,
        in partition: [UInt8],
        _ body: (RecordRow) -> Void
    ) async throws {
        let view = try await writer.schema?.view()
        let shape = view?.writing(shape) ?? shape
        let range = try writer.layout.range(of: .record, [.string(shape.name)], in: partition)
        try await RowPages(writer.store, range).visit { page in
            for entry in page {
                body(try RecordRow(entry, at: entry.key, now: writer.wallClock(), shape, writer.layout))
            }
        }
    }
}
