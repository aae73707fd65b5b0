import KeyValue
import Synchronization

extension Animal {
    /// Revisions that are not what they should be.
    static let tokens: [Animal] = [
        Animal(
            "tokens-are-hashes-of-values",
            caughtBy: "tokens/value-changed-and-back",
            "tokens/same-value-again",
            "tokens/buried-and-back",
            "tokens/never-repeat",
            "preconditions/of-an-empty-value",
            "counters/revision-changes-with-each"
        ) { store, identity in
            store.retokenise(identity) { entry in
                entry.value.reduce(entry.isTombstone ? 7 : 3) { $0 &* 31 &+ UInt64($1) }
            }
        },
        Animal(
            "tokens-are-counters-that-restart",
            caughtBy: "tokens/deleted-and-made-again",
            "tokens/never-repeat"
        ) { store, identity in
            let versions = Mutex<[Key: UInt64]>([:])
            store.retokenise(
                identity,
                written: { operation in
                    versions.withLock { versions in
                        switch operation.action {
                        case .check: break
                        case .delete: versions[operation.key] = nil
                        case .put, .bury, .add: versions[operation.key, default: 0] += 1
                        }
                    }
                }
            ) { entry in versions.withLock { $0[entry.key] ?? 0 } }
        },
        Animal("tokens-are-nonces-alone", caughtBy: "tokens/of-another-key") { store, identity in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                for (index, operation) in batch.operations.enumerated() {
                    guard case .revision(let asked) = operation.precondition,
                        let row = try await base.get([operation.key], .init(includesTombstones: true))[0],
                        let nonce = row.revision.nonce(at: row.key, in: identity),
                        asked.isWritten(by: WriteID(nonce: nonce))
                    else { continue }
                    batch.operations[index].precondition = .revision(row.revision)
                }
                return try await base.write(batch)
            }
        },
        Animal(
            "stores-share-an-identity",
            caughtBy: "tokens/of-another-store",
            "tokens/of-an-earlier-opening",
            "openers/have-revisions-of-their-own"
        )
        .with { $0.identity = StoreIdentity(nonce: 1) },
        Animal("tombstones-share-a-token", caughtBy: "tokens/tombstone-of-another-time") { store, identity in
            store.retokenise(identity) { entry in
                entry.isTombstone ? 1 : entry.revision.nonce(at: entry.key, in: identity) ?? 0
            }
        },
        Animal(
            "scans-have-no-tokens",
            caughtBy: "tokens/of-a-scan-fit",
            "records/revision-is-the-same-by-every-way"
        ) { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                return rebuilt(page.map(\.entry), page.cursor, range.space, options, identity) { _ in 0 }
            }
        },
    ]

    /// A page of these rows, with a nonce for each.
    static func rebuilt(
        _ entries: [Entry],
        _ cursor: Cursor?,
        _ space: KeySpace,
        _ options: ScanOptions,
        _ identity: StoreIdentity,
        nonce: ((Entry) -> UInt64)? = nil
    ) -> ScanPage {
        var builder = ScanPageBuilder(store: identity, space: space, options: options)
        for entry in entries {
            let nonce = nonce?(entry) ?? entry.revision.nonce(at: entry.key, in: identity) ?? 0
            builder.append(entry.key, value: entry.value, nonce: nonce, isTombstone: entry.isTombstone)
        }
        return builder.page(cursor: cursor)
    }
}

extension BrokenStore {
    /// Gives out revisions with nonces of its own making, and compares by them.
    mutating func retokenise(
        _ identity: StoreIdentity,
        written: @escaping @Sendable (WriteBatch.Operation) -> Void = { _ in },
        nonce: @escaping @Sendable (Entry) -> UInt64
    ) {
        let token: @Sendable (Entry) -> Revision = { Revision(store: identity, key: $0.key, nonce: nonce($0)) }
        let marked: @Sendable (Entry) -> Entry = { entry in
            Entry(key: entry.key, value: entry.value, revision: token(entry), isTombstone: entry.isTombstone)
        }
        onGet = { (base, keys, options) async throws(StoreError) in
            try await base.get(keys, options).map { $0.map(marked) }
        }
        onScan = { (base, range, options, cursor) async throws(StoreError) in
            let page = try await base.scan(range, options, after: cursor)
            return Animal.rebuilt(page.map(\.entry), page.cursor, range.space, options, identity, nonce: nonce)
        }
        onWrite = { (base, batch) async throws(StoreError) in
            var batch = batch
            for (index, operation) in batch.operations.enumerated() {
                guard case .revision(let asked) = operation.precondition,
                    let row = try await base.get([operation.key], .init(includesTombstones: true))[0]
                else { continue }
                // A revision of the store behind is never given out, so that one of another key can't fit.
                let fits = token(row) == asked
                if fits { batch.operations[index].precondition = .revision(row.revision) }
            }
            var receipt: WriteReceipt
            do throws(StoreError) {
                receipt = try await base.write(batch)
            } catch {
                guard error.code == .preconditionFailed else { throw error }
                throw .preconditionFailed(
                    error.conflicts.map { conflict in
                        guard case .row(let entry) = conflict.occupant else { return conflict }
                        return .init(
                            key: conflict.key,
                            precondition: conflict.precondition,
                            occupant: .row(marked(entry))
                        )
                    }
                )
            }
            for (index, operation) in batch.operations.enumerated() {
                written(operation)
                guard let revision = receipt.outcomes[index].revision else { continue }
                let value: [UInt8] =
                    switch operation.action {
                    case .put(let value): value
                    case .add: Counter.encode(receipt.outcomes[index].sum ?? 0)
                    case .bury, .delete, .check: []
                    }
                let isTombstone = operation.action == .bury
                let entry = Entry(key: operation.key, value: value, revision: revision, isTombstone: isTombstone)
                receipt.outcomes[index].revision = token(entry)
            }
            return receipt
        }
    }
}
