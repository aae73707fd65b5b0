import KeyValue
import Synchronization

/// One opening of a store that others have open too: with an identity, and so with revisions, of its own.
final class Opening: StoreDecorator {
    let base: any KeyValueStore
    private let common: StoreIdentity
    private let own: StoreIdentity
    private let habitat: Habitat
    private let isClosed = Mutex(false)

    init(_ living: Habitat.Living, as identity: StoreIdentity, of habitat: Habitat) {
        base = living.store
        common = living.identity
        own = identity
        self.habitat = habitat
    }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        guard !isClosed.withLock({ $0 }) else { throw .closed }
        return try await body()
    }

    func close() async {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed { await habitat.close() }
    }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await around(StoreCall(.get)) { () async throws(StoreError) in
            try await base.get(keys, options).map { $0.map(shown) }
        }
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await around(StoreCall(.write)) { () async throws(StoreError) in
            do throws(StoreError) {
                var receipt = try await base.write(asked(batch))
                for (index, operation) in batch.operations.enumerated() {
                    receipt.outcomes[index].revision = receipt.outcomes[index].revision.map {
                        translated($0, at: operation.key, from: common, to: own)
                    }
                }
                return receipt
            } catch {
                guard error.code == .preconditionFailed else { throw error }
                throw .preconditionFailed(error.conflicts.map { shown($0, in: batch) })
            }
        }
    }

    func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        for batch in batches {
            do throws(StoreError) {
                results.append(.success(try await write(batch)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await around(StoreCall(.scan)) { () async throws(StoreError) in
            let page = try await base.scan(range, options, after: cursor)
            // The first opening's revisions are the store's, and its pages tell how many keys were examined.
            if own == common { return page }
            return Animal.rebuilt(page.map { shown($0.entry) }, page.cursor, range.space, options, own)
        }
    }

    func snapshot() async throws(StoreError) -> any StoreSnapshot {
        try await around(StoreCall(.snapshot)) { () async throws(StoreError) in
            try await CopiedSnapshot(of: base, common)
        }
    }

    private func asked(_ batch: WriteBatch) -> WriteBatch {
        var batch = batch
        for (index, operation) in batch.operations.enumerated() {
            guard case .revision(let revision) = operation.precondition else { continue }
            batch.operations[index].precondition = .revision(
                translated(revision, at: operation.key, from: own, to: common)
            )
        }
        return batch
    }

    private func shown(_ entry: Entry) -> Entry {
        Entry(
            key: entry.key,
            value: entry.value,
            revision: translated(entry.revision, at: entry.key, from: common, to: own),
            isTombstone: entry.isTombstone
        )
    }

    private func shown(_ conflict: StoreError.Conflict, in batch: WriteBatch) -> StoreError.Conflict {
        let operation = batch.operations.first { $0.key == conflict.key }
        let occupant: StoreError.Conflict.Occupant =
            if case .row(let entry) = conflict.occupant { .row(shown(entry)) } else { conflict.occupant }
        let precondition = operation?.precondition ?? conflict.precondition
        return StoreError.Conflict(key: conflict.key, precondition: precondition, occupant: occupant)
    }

    /// The same write's revision under another identity; one that fits nowhere if it is not of this one.
    private func translated(
        _ revision: Revision,
        at key: Key,
        from: StoreIdentity,
        to: StoreIdentity
    ) -> Revision {
        if from == to { return revision }
        guard let nonce = revision.nonce(at: key, in: from) else {
            return Revision(store: StoreIdentity(nonce: ~to.nonce), key: key, nonce: 0)
        }
        return Revision(store: to, key: key, nonce: nonce)
    }
}
