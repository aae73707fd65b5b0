import KeyValue
import Tuples

/// Counts the records of a partition anew for some totals.
///
/// A total is read before the records and written over what was read, so a change that was counted in one of them only
/// makes the write fail. It reads all records of the type in the partition, a page at a time.
struct Recounter: Sendable {
    /// How often totals that others change meanwhile are counted again.
    private static let attemptsMax = 16
    let writer: RecordWriter
    /// The index that this is a part of the building of.
    var built: String?
    /// How many totals are counted in one pass over the records.
    var totalsMax = 4_096

    /// Counts totals once.
    ///
    /// - Returns: Those that others changed meanwhile, and those that are still being built: they are as they were.
    func count(_ wanted: Set<Key>, of shape: RecordShape, in partition: [UInt8]) async throws -> Set<Key> {
        let view = try await writer.schema?.view()
        let begun = view?.lives(of: shape)
        let kept = view?.writing(shape) ?? shape
        let indexes = kept.indexes.map(\.name).filter { kept.counting[$0] == nil || $0 == built }
        let names = Set(indexes.map { shape.name + "/" + $0 })
        let totals = wanted.filter { RecordLayout.decode($0).map { names.contains($0.name) } ?? false }
        let before = try await writer.rows(at: totals)
        var sums: [Key: Int64] = [:]
        try await visitRows(of: shape, in: partition) { row in
            for (key, amount) in row.projection.totals where totals.contains(key) { sums[key, default: 0] &+= amount }
        }
        var failed = wanted.subtracting(totals)
        for total in totals.sorted() {
            let precondition: Precondition = before[total].map { .revision($0.revision) } ?? .vacant
            let sum = Counter.encode(sums[total] ?? 0)
            let put = WriteBatch.Operation(.put(sum), at: total, if: precondition)
            // An index that was dropped or begun anew meanwhile is not to be written to.
            let view = try await writer.schema?.view()
            let isSame = begun == view?.lives(of: shape) && writer.isHeld(view)
            guard isSame, try await write(put, of: shape) else {
                failed.insert(total)
                continue
            }
        }
        return failed
    }

    /// Writes a total, and a notice of it where it is published: false if it was not as it had been read.
    private func write(_ total: WriteBatch.Operation, of shape: RecordShape) async throws -> Bool {
        var operations = [[total]]
        if let publication = try Publication(of: total.key, shape, writer.layout) {
            let view = try await writer.schema?.view()
            _ = try await writer.tellBehind([publication.index], of: view?.writing(shape) ?? shape)
            let notice = WriteBatch.Operation(.put([]), at: publication.notice)
            // Where that takes two batches, the doubt about the total outlasts both.
            if writer.store.capabilities.batchScope == .key {
                operations.append([notice])
            } else {
                operations[0].append(notice)
            }
        }
        for batch in operations {
            guard case .failure(let error) = await writer.write(batch) else { continue }
            guard RecordWriter.beginsAnew(error) else { throw error }
            return false
        }
        return true
    }

    /// Counts all totals of an index in a partition, those of groups that no record has any more too. It reads the
    /// records twice for each 4,096 totals, and keeps no more than twice as many in memory.
    ///
    /// - Throws: ``RecordError/Code/contended`` if others went on changing some of them.
    func count(_ index: Index, of shape: RecordShape, in partition: [UInt8], pageSize: Int) async throws {
        var last: Key?
        repeat {
            let piece = try await totals(of: index, shape, in: partition, after: last, pageSize: pageSize)
            try await count(whole: piece, of: index, shape, in: partition)
            last = piece.count < totalsMax ? nil : piece.max()
        } while last != nil
    }

    private func count(
        whole totals: Set<Key>,
        of index: Index,
        _ shape: RecordShape,
        in partition: [UInt8]
    ) async throws {
        var rest = totals
        for _ in 0..<Recounter.attemptsMax where !rest.isEmpty {
            rest = try await count(rest, of: shape, in: partition)
        }
        guard rest.isEmpty else {
            throw RecordError(
                .contended,
                "Totals went on changing while they were counted: count again when there is less to do.",
                ["type": shape.name, "index": index.name]
            )
        }
    }

    /// The next totals of an index that a partition has or should have, in the order of their keys.
    private func totals(
        of index: Index,
        _ shape: RecordShape,
        in partition: [UInt8],
        after last: Key?,
        pageSize: Int
    ) async throws -> Set<Key> {
        let name = RecordLayout.name(of: index, shape)
        var next: Set<Key> = []
        func insert(_ totals: some Sequence<Key>) {
            for total in totals where last.map({ $0 < total }) ?? true { next.insert(total) }
            if next.count > 2 * totalsMax { next = Set(next.sorted().prefix(totalsMax)) }
        }
        let known = try writer.layout.range(of: .total, [.string(name)], in: partition)
        try await RowPages(writer.store, known, limit: pageSize, keysOnly: true).visit { insert($0.map(\.key)) }
        try await visitRows(of: shape, in: partition) { insert($0.projection.keeping(name).totals.keys) }
        return Set(next.sorted().prefix(totalsMax))
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
