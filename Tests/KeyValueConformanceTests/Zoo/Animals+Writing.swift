import KeyValue

extension Animal {
    /// Writes that do something else.
    static let writing: [Animal] = [
        Animal("absent-means-vacant", caughtBy: "preconditions/of-a-put") { store, _ in
            store.changeOperations { if $0.precondition == .absent { $0.precondition = .vacant } }
        },
        Animal("vacant-means-absent", caughtBy: "preconditions/of-a-put") { store, _ in
            store.changeOperations { if $0.precondition == .vacant { $0.precondition = .absent } }
        },
        Animal("exists-is-never-checked", caughtBy: "preconditions/of-a-tombstone") { store, _ in
            store.changeOperations {
                if $0.precondition == .exists, $0.action != .check { $0.precondition = nil }
            }
        },
        Animal(
            "deletes-ignore-preconditions",
            caughtBy: "preconditions/of-a-delete",
            "tombstones/collected-only-as-they-were-read"
        ) { store, _ in
            store.changeOperations { if $0.action == .delete { $0.precondition = nil } }
        },
        Animal("additions-ignore-preconditions", caughtBy: "preconditions/of-an-addition") { store, _ in
            store.changeOperations { if case .add = $0.action { $0.precondition = nil } }
        },
        Animal(
            "checks-always-hold",
            caughtBy: "preconditions/of-a-check",
            "batches/one-failing-check-stops-all"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var rest = batch
                rest.operations.removeAll { $0.action == .check && $0.precondition != nil }
                let outcomes = rest.operations.isEmpty ? [] : try await base.write(rest).outcomes
                return WriteReceipt(outcomes + batch.operations.dropFirst(outcomes.count).map { _ in .init() })
            }
        },
        Animal("checks-rewrite-the-row", caughtBy: "batches/checks-alone-write-nothing") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                let receipt = try await base.write(batch)
                for operation in batch.operations where operation.action == .check {
                    if let entry = try await base.get(operation.key) { try await base.put(entry.value, at: entry.key) }
                }
                return receipt
            }
        },
        Animal(
            "puts-are-forgotten",
            caughtBy: "records/put-is-read-back",
            "tokens/last-of-a-chain",
            "races/writers-of-their-own-keys",
            "batches/all-is-applied",
            "batches/many-operations",
            "tombstones/a-put-makes-a-record-again"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                let receipt = try await base.write(batch)
                let puts = batch.operations.filter { if case .put = $0.action { true } else { false } }
                for operation in puts { try await base.delete(operation.key) }
                return receipt
            }
        },
        Animal("values-are-cut", caughtBy: "limits/value-bytes") { store, _ in
            store.changeOperations {
                if case .put(let value) = $0.action, value.count > 65_536 {
                    $0.action = .put(Array(value.prefix(65_536)))
                }
            }
        },
        Animal("values-are-text", caughtBy: "records/values-of-any-bytes") { store, _ in
            store.changeOperations {
                if case .put(let value) = $0.action {
                    $0.action = .put(Array(String(decoding: value, as: UTF8.self).utf8))
                }
            }
        },
        Animal("overwriting-is-refused-in-silence", caughtBy: "records/overwrite-replaces") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                for (index, operation) in batch.operations.enumerated() where operation.precondition == nil {
                    guard case .put = operation.action, let old = try await base.get(operation.key) else { continue }
                    batch.operations[index].action = .put(old.value)
                }
                return try await base.write(batch)
            }
        },
        Animal("tombstones-keep-their-value", caughtBy: "tombstones/hidden-unless-asked-for") { store, _ in
            store.changeOperations { if $0.action == .bury { $0.action = .put([0xDE]) } }
        },
        Animal("burying-deletes", caughtBy: "tombstones/are-rows-without-value") { store, _ in
            store.changeOperations { if $0.action == .bury { $0.action = .delete } }
        },
        Animal(
            "deleting-buries",
            caughtBy: "records/delete-removes-one",
            "tombstones/a-delete-removes-them"
        ) { store, _ in
            store.changeOperations { if $0.action == .delete { $0.action = .bury } }
        },
        Animal("deletes-of-nothing-fail", caughtBy: "records/delete-of-nothing-succeeds") { store, _ in
            store.changeOperations {
                if $0.action == .delete, $0.precondition == nil { $0.precondition = .exists }
            }
        },
        Animal("additions-wrap-around", caughtBy: "counters/reach-both-ends-and-no-further") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    guard error.code == .invalidArgument, batch.operations.count == 1,
                        case .add(let amount) = batch.operations[0].action,
                        let old = try await base.get(batch.operations[0].key)?.value,
                        let number = Counter.decode(old)
                    else { throw error }
                    var wrapped = batch
                    wrapped.operations[0].action = .put(Counter.encode(number &+ amount))
                    return try await base.write(wrapped)
                }
            }
        },
        Animal("additions-replace-what-is-no-counter", caughtBy: "counters/add-to-no-counter-is-refused") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                for (index, operation) in batch.operations.enumerated() {
                    guard case .add(let amount) = operation.action,
                        let old = try await base.get(operation.key)?.value, Counter.decode(old) == nil
                    else { continue }
                    batch.operations[index].action = .put(Counter.encode(amount))
                }
                return try await base.write(batch)
            }
        },
        Animal("additions-do-not-begin-at-zero", caughtBy: "counters/begin-at-zero") { store, _ in
            store.changeOperations {
                if case .add = $0.action, $0.precondition == nil { $0.precondition = .exists }
            }
        },
        Animal(
            "sums-are-amounts",
            caughtBy: "counters/add-to-what-is-there",
            "counters/several-in-a-batch"
        ) { store, _ in
            store.changeReceipts { operation, outcome in
                if case .add(let amount) = operation.action { outcome.sum = amount }
            }
        },
        Animal("deletes-always-found-something", caughtBy: "batches/receipt-tells-what-a-delete-removed") { store, _ in
            store.changeReceipts { operation, outcome in
                if operation.action == .delete { outcome.existed = true }
            }
        },
        Animal("receipts-have-revisions-of-no-row", caughtBy: "tokens/last-of-a-chain") { store, identity in
            store.changeReceipts { operation, outcome in
                guard outcome.revision != nil else { return }
                outcome.revision = Revision(store: identity, key: operation.key, nonce: 0)
            }
        },
        Animal("receipts-are-in-the-order-of-keys", caughtBy: "batches/receipt-answers-each-operation") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var sorted = batch
                sorted.operations.sort { $0.key < $1.key }
                return try await base.write(sorted)
            }
        },
        Animal(
            "resent-batches-are-applied-again",
            caughtBy: "resending/addition-counts-once",
            "resending/of-many-operations"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    let isOwn = error.conflicts.allSatisfy { conflict in
                        guard case .row(let entry) = conflict.occupant, let id = batch.id else { return false }
                        return entry.revision.isWritten(by: id)
                    }
                    guard error.code == .preconditionFailed, isOwn else { throw error }
                    var again = batch
                    for index in again.operations.indices { again.operations[index].precondition = nil }
                    return try await base.write(again)
                }
            }
        },
        Animal("batches-that-were-seen-are-forced", caughtBy: "resending/does-not-undo-a-later-write") { store, _ in
            let seen = Once()
            store.onWrite = { (base, batch) async throws(StoreError) in
                guard let id = batch.id, !seen.take(Counter.encode(Int64(bitPattern: id.nonce))) else {
                    return try await base.write(batch)
                }
                var again = batch
                for index in again.operations.indices { again.operations[index].precondition = nil }
                return try await base.write(again)
            }
        },
        Animal(
            "batches-that-were-seen-are-done",
            caughtBy: "resending/of-one-that-was-not-applied"
        ) { store, identity in
            let seen = Once()
            store.onWrite = { (base, batch) async throws(StoreError) in
                guard let id = batch.id, !seen.take(Counter.encode(Int64(bitPattern: id.nonce))) else {
                    return try await base.write(batch)
                }
                return receipt(for: batch, identity)
            }
        },
        Animal(
            "identifiers-are-ignored",
            caughtBy: "resending/rows-tell-their-batch",
            "resending/applied-batch-meets-itself",
            "resending/after-a-lost-reply"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                batch.id = nil
                return try await base.write(batch)
            }
        },
        Animal("conflicts-tell-nothing-is-there", caughtBy: "preconditions/of-a-put") { store, _ in
            store.changeConflicts { StoreError.Conflict(key: $0.key, precondition: $0.precondition, occupant: .vacant) }
        },
        Animal(
            "conflicts-have-revisions-of-no-row",
            caughtBy: "preconditions/conflict-can-be-retried-at-once"
        ) { store, identity in
            store.changeConflicts { conflict in
                guard case .row(let entry) = conflict.occupant else { return conflict }
                let revision = Revision(store: identity, key: entry.key, nonce: 0)
                let row = Entry(key: entry.key, value: entry.value, revision: revision, isTombstone: entry.isTombstone)
                return StoreError.Conflict(key: conflict.key, precondition: conflict.precondition, occupant: .row(row))
            }
        },
        Animal("conflicts-name-another-key", caughtBy: "batches/one-failing-precondition") { store, _ in
            store.changeConflicts { conflict in
                let key = Key(partition: conflict.key.partition, bytes: conflict.key.bytes + [0])
                return StoreError.Conflict(key: key, precondition: conflict.precondition, occupant: conflict.occupant)
            }
        },
        Animal("a-key-twice-counts-once", caughtBy: "batches/a-key-twice-is-refused") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                var seen: Set<Key> = []
                batch.operations.removeAll { !seen.insert($0.key).inserted }
                return try await base.write(batch)
            }
        },
        Animal(
            "what-makes-no-sense-is-passed-over",
            caughtBy: "batches/of-nothing-are-refused",
            "batches/check-without-precondition-is-refused"
        ) { store, identity in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    guard error.code == .invalidArgument else { throw error }
                    return receipt(for: batch, identity)
                }
            }
        },
        Animal("separate-writes-stop-at-a-failure", caughtBy: "separate-writes/one-failure-is-its-own") { store, _ in
            store.onWriteEach = { base, batches in
                let results = await base.write(each: batches)
                guard let failure = results.firstIndex(where: { if case .failure = $0 { true } else { false } }) else {
                    return results
                }
                return results.prefix(failure + 1)
                    + results.dropFirst(failure + 1).map { _ in .failure(StoreError.cancelled) }
            }
        },
        Animal("separate-writes-fail-together", caughtBy: "separate-writes/one-failure-is-its-own") { store, _ in
            store.onWriteEach = { base, batches in
                let isWhole = batches.allSatisfy { batch in
                    do throws(StoreError) { try batch.validate(for: base.capabilities) } catch { return false }
                    return true
                }
                return isWhole ? await base.write(each: batches) : batches.map { _ in .failure(.cancelled) }
            }
        },
        Animal("separate-writes-answer-in-reverse", caughtBy: "separate-writes/results-in-order") { store, _ in
            store.onWriteEach = { base, batches in await base.write(each: batches).reversed() }
        },
        Animal(
            "separate-writes-ignore-preconditions",
            caughtBy: "separate-writes/each-is-all-or-none",
            "separate-writes/preconditions-are-judged-one-by-one"
        ) { store, _ in
            store.onWriteEach = { base, batches in
                await base.write(
                    each: batches.map { batch in
                        var batch = batch
                        for index in batch.operations.indices where batch.operations[index].action != .check {
                            batch.operations[index].precondition = nil
                        }
                        return batch
                    }
                )
            }
        },
        Animal("separate-writes-drop-deletes", caughtBy: "separate-writes/every-action") { store, _ in
            store.onWriteEach = { base, batches in
                await base.write(
                    each: batches.map { batch in
                        var batch = batch
                        for index in batch.operations.indices where batch.operations[index].action == .delete {
                            batch.operations[index].action = .bury
                        }
                        return batch
                    }
                )
            }
        },
        Animal("separate-writes-of-nothing-answer-something", caughtBy: "separate-writes/of-nothing") { store, _ in
            store.onWriteEach = { base, batches in
                batches.isEmpty ? [.failure(.cancelled)] : await base.write(each: batches)
            }
        },
        Animal("limits-are-not-checked", caughtBy: "limits/key-bytes", "limits/batch-operations", "limits/batch-bytes")
        { store, _ in
            store.capabilities.limits = .portable
        },
        Animal("limits-are-lower-than-stated", .smallLimits, caughtBy: "limits/partition-bytes") { store, _ in
            store.capabilities.limits = MemoryProfile.reference.capabilities.limits
        },
        Animal("limits-are-lower-than-portable", caughtBy: "limits/portable-floor") { store, _ in
            store.capabilities.limits.keyBytesMax = 255
        },
    ]
}

extension Animal {
    /// A receipt of a batch that was not applied.
    static func receipt(for batch: WriteBatch, _ identity: StoreIdentity) -> WriteReceipt {
        WriteReceipt(batch.operations.map { .init(revision: Revision(store: identity, key: $0.key, nonce: 0)) })
    }
}

extension BrokenStore {
    /// Changes every operation before it is done.
    mutating func changeOperations(_ change: @escaping @Sendable (inout WriteBatch.Operation) -> Void) {
        onWrite = { (base, batch) async throws(StoreError) in
            var batch = batch
            for index in batch.operations.indices { change(&batch.operations[index]) }
            return try await base.write(batch)
        }
    }

    /// Changes every outcome before it is told.
    mutating func changeReceipts(
        _ change: @escaping @Sendable (WriteBatch.Operation, inout WriteReceipt.Outcome) -> Void
    ) {
        onWrite = { (base, batch) async throws(StoreError) in
            var receipt = try await base.write(batch)
            for (index, operation) in batch.operations.enumerated() { change(operation, &receipt.outcomes[index]) }
            return receipt
        }
    }

    /// Changes every conflict before it is told.
    mutating func changeConflicts(_ change: @escaping @Sendable (StoreError.Conflict) -> StoreError.Conflict) {
        onWrite = { (base, batch) async throws(StoreError) in
            do throws(StoreError) {
                return try await base.write(batch)
            } catch {
                guard error.code == .preconditionFailed else { throw error }
                throw .preconditionFailed(error.conflicts.map(change))
            }
        }
    }
}
