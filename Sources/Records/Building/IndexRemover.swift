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
        let rows = RowRemover(store: store, layout: layout, environment: environment, schema: schema, pace: pace)
        let removed = try await rows.remove(index, of: type) { description in
            guard description[type: type.name]?[index: index.name] == index else {
                throw RecordError(
                    .indexNotReady,
                    "The index is built again: nothing more is removed.",
                    ["index": index.name]
                )
            }
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

    /// A program that still declares the index brings it back, disabled, when it opens the records again.
    private func forget(_ dropped: IndexDescription) async throws {
        _ = try await schema.change { (description) throws(RecordError) in
            try description.update(type) { type in
                type.indexes.removeAll { $0 == dropped }
            }
        }
    }
}
