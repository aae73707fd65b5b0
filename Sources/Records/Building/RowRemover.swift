import KeyValue
import Tuples

/// Removes rows of one name, a page at a time, while others use the store. After a crash it is begun again, and finds
/// what is left.
struct RowRemover: Sendable {
    let store: any KeyValueStore
    let layout: RecordLayout
    let environment: StoreEnvironment
    let schema: SchemaKeeper
    let pace: IndexWorkPace

    /// The kinds of rows that an index has beside records.
    static let besideRecords: [RecordLayout.Kind] = [
        .entry, .total, .claim, .doubt, .progress, .notice, .counting, .counted,
    ]

    /// Removes all that an index keeps.
    ///
    /// - Parameter requireLeave: Throws where the schema does not say any more that the rows are to go. It is asked before
    ///   each page.
    func remove(
        _ index: IndexDescription,
        of type: RecordTypeDescription,
        _ requireLeave: (SchemaDescription) throws -> Void
    ) async throws -> Int {
        let name = type.name + "/" + index.name
        var removed = 0
        try await RecordPartitions(type, store, layout).visit { partition in
            for kind in RowRemover.besideRecords {
                removed += try await remove(kind, name, in: partition, requireLeave)
            }
        }
        for shard in 0..<(index.shards ?? 0) {
            let partition = try RecordLayout.encode([.string(layout.namespace), 1, .string(name), TupleElement(shard)])
            for kind in [RecordLayout.Kind.entry, .claim, .total, .published] {
                removed += try await remove(kind, name, in: partition, requireLeave)
            }
        }
        for kind in [RecordLayout.Kind.progress, .moment] {
            try await store.delete(try layout.key(kind, name, [], in: try layout.schemaKey().partition))
        }
        return removed
    }

    /// Removes the rows of a kind and a name in a partition.
    func remove(
        _ kind: RecordLayout.Kind,
        _ name: String,
        in partition: [UInt8],
        _ requireLeave: (SchemaDescription) throws -> Void
    ) async throws -> Int {
        var removed = 0
        let range = try layout.range(of: kind, [.string(name)], in: partition)
        let pages = RowPages(store, range, limit: pace.pageSize, keysOnly: true, includesTombstones: true)
        try await pages.visit { page in
            try Task.checkCancellation()
            // Whoever brings it back waits until nothing that rests on this view is on its way.
            try requireLeave(try await schema.view().description)
            let batches = page.map { WriteBatch([WriteBatch.Operation(.delete, at: $0.key)]) }
            for result in await store.write(each: batches) { _ = try result.get() }
            removed += page.count
            if pace.rest > .zero { try await environment.sleep(pace.rest) }
        }
        return removed
    }
}
