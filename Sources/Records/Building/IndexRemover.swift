import KeyValue
import Tuples

/// Takes an index out of use and removes its rows, while others use the store.
///
/// It becomes write-only, so that nobody reads it any more; then disabled, so that nobody keeps it any more; then its
/// rows go, in pages; then the schema forgets it. After a crash it is begun again, and goes on where it was.
struct IndexRemover: Sendable {
    let store: any KeyValueStore
    let layout: RecordLayout
    let environment: StoreEnvironment
    let schema: SchemaKeeper
    let type: String
    let index: String
    let pace: IndexWorkPace

    /// How many rows were removed.
    func drop() async throws -> Int {
        try await step(from: .readable, to: .writeOnly)
        let description = try await step(from: .writeOnly, to: .disabled)
        guard let type = description[type: type], let index = type[index: index] else { return 0 }
        let name = type.name + "/" + index.name
        var removed = 0
        try await RecordPartitions(type, store, layout).visit { partition in
            for kind in [RecordLayout.Kind.entry, .total, .claim, .doubt, .progress, .notice, .counting, .counted] {
                removed += try await remove(kind, of: index, in: partition)
            }
        }
        for shard in 0..<(index.shards ?? 0) {
            let partition = try RecordLayout.encode([.string(layout.namespace), 1, .string(name), TupleElement(shard)])
            for kind in [RecordLayout.Kind.entry, .claim, .total, .published] {
                removed += try await remove(kind, of: index, in: partition)
            }
        }
        for kind in [RecordLayout.Kind.progress, .moment] {
            try await store.delete(try layout.key(kind, name, [], in: try layout.schemaKey().partition))
        }
        try await forget(index)
        return removed
    }

    /// Brings the index to its next state, if it is in the state before, and waits until everybody knows. One that has
    /// been brought there by somebody else is waited for too, since he may have crashed before.
    @discardableResult
    private func step(from before: IndexState, to after: IndexState) async throws -> SchemaDescription {
        let changed = try await schema.change { (description) throws(RecordError) in
            try description.update(index, of: type) { index in
                if index.state == before { index.state = after }
                if after == .disabled {
                    index.counting = nil
                    index.isBehind = nil
                }
            }
        }
        if changed[type: type]?[index: index]?.state == after { try await schema.barrier() }
        return changed
    }

    private func remove(
        _ kind: RecordLayout.Kind,
        of dropped: IndexDescription,
        in partition: [UInt8]
    ) async throws -> Int {
        let name = type + "/" + index
        var removed = 0
        let range = try layout.range(of: kind, [.string(name)], in: partition)
        let pages = RowPages(store, range, limit: pace.pageSize, keysOnly: true, includesTombstones: true)
        try await pages.visit { page in
            try Task.checkCancellation()
            // Whoever builds the index again waits until nothing that rests on this view is on its way.
            let view = try await schema.view()
            guard view.description[type: type]?[index: index] == dropped else {
                throw RecordError(
                    .indexNotReady,
                    "The index is built again: nothing more is removed.",
                    ["index": index]
                )
            }
            let batches = page.map { WriteBatch([WriteBatch.Operation(.delete, at: $0.key)]) }
            for result in await store.write(each: batches) { _ = try result.get() }
            removed += page.count
            if pace.rest > .zero { try await environment.sleep(pace.rest) }
        }
        return removed
    }

    /// A program that still declares the index brings it back, disabled, when it opens the records again.
    private func forget(_ dropped: IndexDescription) async throws {
        _ = try await schema.change { (description) throws(RecordError) in
            try description.update(type) { type in
                type.indexes.removeAll { $0 == dropped }
            }
        }
    }
}
