import KeyValue
import Tuples

/// Builds a count or a sum over the records that are there, while writers go on, however often they change them.
///
/// A change adds to a total what it changes, which is right only of a record that is counted in it already. So:
///
/// 1. The index becomes write-only, in a new generation, and everybody is waited for. Nobody counts a record yet, and what
///    an earlier life of the index has left is removed.
/// 2. The schema says that records are counted, and everybody is waited for again. From then on, whoever changes a record
///    that is not counted counts it himself, and marks it.
/// 3. Partition by partition, records are counted in the order of their keys, a page at a time: those of the page that
///    are not marked, if they still are as they were read, in one batch with the row that says how far it went. Of a
///    record that was changed meanwhile the writer has taken care, so each can spoil one page at most, and the build
///    comes to its end. Records in a partition or at a key that comes up meanwhile are marked from the beginning.
/// 4. The index becomes readable, if it is still in that generation.
/// 5. Everybody is waited for once more, then the marks and rows of progress go.
///
/// Where a batch is of one key, writers put totals in doubt and add nothing, and the records of a partition are counted
/// at once.
struct TotalBuilder: Sendable {
    let builder: IndexBuilder

    private var writer: RecordWriter { builder.writer }
    private var store: any KeyValueStore { writer.store }
    private var layout: RecordLayout { writer.layout }
    private var schema: SchemaKeeper { builder.schema }
    private var shape: RecordShape { builder.shape }
    private var index: Index { builder.index }
    private var name: String { RecordLayout.name(of: index, shape) }

    /// Steps 1 to 5, from where the build was left.
    func build(_ report: inout IndexBuildReport) async throws {
        var (begun, type) = try await builder.begin()
        if begun.state == .writeOnly, begun.counting == nil {
            // Somebody was about to drop it. Whether it was ever whole can't be seen: it is built from the beginning.
            try await disable(begun.generation)
            (begun, type) = try await builder.begin()
        }
        let partitions = RecordPartitions(type, store, layout)
        if begun.state == .writeOnly {
            if begun.counting == .waiting { try await clear(begun, partitions) }
            try await beginCounting(begun.generation)
            var entered = 0
            try await partitions.visit { entered += try await count($0, begun.generation) }
            report.entered = entered
            try await builder.finish(begun.generation)
        }
        report.state = .readable
        try await cleanUp(begun.generation, partitions)
    }

    private func disable(_ generation: UInt64) async throws {
        _ = try await schema.change { (description) throws(RecordError) in
            try description.update(index.name, of: shape.name) { index in
                if index.generation == generation, index.counting == nil, index.state == .writeOnly {
                    index.state = .disabled
                }
            }
        }
        try await schema.barrier()
    }

    /// Step 2. Whoever begins after a crash finds whether everybody was waited for.
    private func beginCounting(_ generation: UInt64) async throws {
        _ = try await schema.change { (description) throws(RecordError) in
            try description.update(index.name, of: shape.name) { (index) throws(RecordError) in
                guard index.generation == generation, index.state == .writeOnly else { throw builder.dropped }
                index.counting = .counting
            }
        }
        let key = try builder.progressKey()
        var row = BuildRow(generation: generation)
        if let known = try await store.get(key), try BuildRow(known.value) == row {
            try await schema.barrier()
            row.phase = .entered
            try await store.put(row.encoded, at: key)
        }
    }

    // MARK: - Counting

    /// Step 3 in one partition; how many records were counted.
    private func count(_ partition: [UInt8], _ generation: UInt64) async throws -> Int {
        let key = try layout.key(.counting, name, [], in: partition)
        var entered = 0
        var size = builder.pace.pageSize
        while true {
            let known = try await store.get(key, ReadOptions(includesTombstones: true))
            let row = try CountingRow(known, of: generation) ?? CountingRow(generation: generation)
            guard row.phase != .done else { return entered }
            if store.capabilities.batchScope == .key || row.phase == .atOnce {
                try await countAtOnce(partition, row, over: known)
                continue
            }
            if let counted = try await countPage(partition, row, over: known, &size) {
                entered += counted
                builder.watch.note(.entering, counted)
                size = min(builder.pace.pageSize, size * 2)
            } else {
                // Those that were changed are marked now.
                size = max(1, size / 2)
            }
            try await builder.rest()
        }
    }

    /// Counts the next records: how many, or nil if something was no longer as it was read.
    private func countPage(
        _ partition: [UInt8],
        _ row: CountingRow,
        over known: Entry?,
        _ size: inout Int
    ) async throws -> Int? {
        let capabilities = store.capabilities
        // A record takes a look at it and an addition, which takes a second row or two where it is published.
        size = min(size, max(1, (capabilities.limits.batchOperationsMax - 1) / (index.isPublished ? 4 : 2)))
        let view = try await schema.view()
        let shape = view.writing(shape)
        let range = try layout.range(of: .record, [.string(shape.name)], in: partition)
        guard case .keys(_, _, let end) = range.extent else { return nil }
        let lower = row.position.isEmpty ? nil : row.position + [0]
        let rest = lower.map { KeyRange.partition(partition, from: $0, to: end) } ?? range
        let page = try await store.scan(rest, ScanOptions(limit: size), after: nil)
        let rows = try page.map { (entry) throws(RecordError) in
            try RecordRow(entry.entry, at: entry.key, now: writer.wallClock(), shape, layout)
        }
        let marked = try await marked(rows, row.generation)
        let unmarked = rows.filter { !marked.contains($0.key) }
        var attempt = try TotalAddition(of: unmarked, to: index, shape, layout, capabilities)
        try await attempt.read(writer)
        guard try await writer.tellBehind(attempt.behind, of: shape) else { return nil }
        var next = row
        if page.cursor == nil {
            next.phase = .done
        } else if let last = try page.cursor?.position(in: rest).bytes {
            next.position = ByteOrder.precedes(next.position, last) ? last : next.position
        }
        try await requireCounting(row.generation)
        var batch = attempt.operations(capabilities, writer.rules)
        batch.append(
            WriteBatch.Operation(
                .put(next.encoded),
                at: try layout.key(.counting, name, [], in: partition),
                if: known.map { .revision($0.revision) } ?? .vacant
            )
        )
        switch await writer.write(batch) {
        case .success: return unmarked.count
        case .failure(let error):
            guard RecordWriter.beginsAnew(error) else { throw error }
            return nil
        }
    }

    /// Asks the store itself: the records were read before that, so that none of them can be of a writer who takes the
    /// index for readable already, and does not mark them.
    private func requireCounting(_ generation: UInt64) async throws {
        let known = try await schema.read().0[type: shape.name]?[index: index.name]
        guard known?.generation == generation, known?.counting == .counting else { throw builder.dropped }
    }

    private func marked(_ rows: [RecordRow], _ generation: UInt64) async throws -> Set<Key> {
        var records: [Key: Key] = [:]
        for row in rows {
            records[try layout.key(.counted, name, [.bytes(row.key.bytes)], in: row.key.partition)] = row.key
        }
        let mark = CountingEpoch(generation: generation, phase: .counting).mark
        let found = try await writer.rows(at: Set(records.keys))
        return Set(found.filter { !$0.value.isTombstone && $0.value.value == mark }.compactMap { records[$0.key] })
    }

    /// Counts the records of a partition where a batch is of one key.
    private func countAtOnce(_ partition: [UInt8], _ row: CountingRow, over known: Entry?) async throws {
        let key = try layout.key(.counting, name, [], in: partition)
        var next = row
        // Said first: then whoever writes where a batch reaches further adds to the total, and it is counted again.
        next.phase = .atOnce
        let unchanged: Precondition = known.map { .revision($0.revision) } ?? .vacant
        let first = row.phase == .atOnce ? nil : try await put(next, at: key, if: unchanged)
        guard row.phase == .atOnce || first != nil else { return }
        let recounter = Recounter(writer: writer, built: index.name)
        try await recounter.count(index, of: shape, in: partition, pageSize: builder.pace.pageSize)
        next.phase = .done
        _ = try await put(next, at: key, if: (first ?? known?.revision).map { .revision($0) } ?? .vacant)
    }

    private func put(_ row: CountingRow, at key: Key, if precondition: Precondition) async throws -> Revision? {
        switch await writer.write([WriteBatch.Operation(.put(row.encoded), at: key, if: precondition)]) {
        case .success(let receipt): return receipt.outcomes.first?.revision
        case .failure(let error):
            guard RecordWriter.beginsAnew(error) else { throw error }
            return nil
        }
    }

    // MARK: - Before and after

    /// Removes what an earlier life of the index has left, before anybody counts.
    private func clear(_ begun: IndexDescription, _ partitions: RecordPartitions) async throws {
        let kinds: [RecordLayout.Kind] = [.total, .doubt, .notice, .counting, .counted]
        try await partitions.visit { try await remove(kinds, in: $0, of: begun.life) }
        guard case .global(let shards) = index.scope else { return }
        for shard in 0..<shards {
            let place = try layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)]))
            try await remove([.total, .published], in: place, of: begun.life)
        }
        try await store.delete(try layout.key(.moment, name, [], in: try layout.schemaKey().partition))
    }

    private func remove(_ kinds: [RecordLayout.Kind], in partition: [UInt8], of life: IndexLife) async throws {
        for kind in kinds {
            let range = try layout.range(of: kind, [.string(name)], in: partition)
            try await RowPages(store, range, limit: builder.pace.pageSize, keysOnly: true).visit { page in
                try await remove(page, of: life)
            }
        }
    }

    /// Rows that were written since they were read are other ones: they are not removed even where somebody else has gone
    /// on to the next stage, or the next life, meanwhile.
    private func remove(_ rows: [Entry], of life: IndexLife) async throws {
        guard try await schema.read().0[type: shape.name]?[index: index.name]?.life == life else {
            throw builder.dropped
        }
        let removals = rows.map { row in
            WriteBatch([WriteBatch.Operation(store.capabilities.removal, at: row.key, if: .revision(row.revision))])
        }
        // Where nobody knows whether a row is gone, the build ends here: when it goes on it looks for that row again.
        for case .failure(let error) in await store.write(each: removals) where error.code != .preconditionFailed {
            throw error
        }
    }

    /// Step 5.
    private func cleanUp(_ generation: UInt64, _ partitions: RecordPartitions) async throws {
        let root = try builder.progressKey()
        guard let known = try await store.get(root), try BuildRow(known.value).generation == generation else { return }
        try await schema.barrier()
        let built = IndexLife(name: index.name, generation: generation, counting: nil)
        var spaces = partitions
        spaces.spaces = [.records, .reservedData]
        try await spaces.visit { try await remove([.counting, .counted], in: $0, of: built) }
        try await remove([known], of: built)
    }
}
