import KeyValue
import Synchronization

extension Animal {
    /// Fences that let through what they should not.
    static let fences: [Animal] = [
        Animal("separate-writes-pass-fences", caughtBy: "fences/admit-by-epoch") { store, _ in
            store.onWriteEach = { base, batches in
                var results: [Result<WriteReceipt, StoreError>] = []
                for batch in batches {
                    do throws(StoreError) {
                        results.append(.success(try await base.write(try await admitted(batch, base))))
                    } catch {
                        results.append(.failure(error))
                    }
                }
                return results
            }
        },
        Animal("deletions-pass-fences", caughtBy: "fences/admit-their-epoch-only") { store, _ in
            store.onDelete = { (base, range, limit, _, cursor) async throws(StoreError) in
                let epoch = try await base.fence(of: try await base.bins()[0]).epoch
                return try await base.delete(range, limit: limit, epoch: epoch, after: cursor)
            }
        },
        Animal("writers-without-epoch-pass-fences", caughtBy: "fences/admit-their-epoch-only") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                try await base.write(batch.epoch == nil ? try await admitted(batch, base) : batch)
            }
        },
        Animal("later-epochs-pass-fences", caughtBy: "fences/admit-by-epoch") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                let fence = try await base.fence(of: try await base.bins()[0])
                let isLater = (batch.epoch ?? 0) > fence.epoch
                return try await base.write(isLater ? try await admitted(batch, base) : batch)
            }
        },
        Animal("epochs-have-a-sign", caughtBy: "fences/admit-the-last-epochs") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                let isNegative = Int64(bitPattern: batch.epoch ?? 0) < 0
                return try await base.write(isNegative ? try await admitted(batch, base) : batch)
            }
        },
        Animal("checks-pass-fences", caughtBy: "fences/moved-away-is-for-ever") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    guard error.code == .movedAway, batch.operations.allSatisfy({ $0.action == .check }) else {
                        throw error
                    }
                    return WriteReceipt(batch.operations.map { _ in .init() })
                }
            }
        },
        Animal("refused-batches-are-written", caughtBy: "fences/open-again") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    guard error.code == .staleMode else { throw error }
                    _ = try await base.write(try await admitted(batch, base))
                    throw error
                }
            }
        },
        Animal("fences-begin-closed", caughtBy: "fences/begin-open") { store, _ in
            store.onFence = { (base, bin) async throws(StoreError) in
                let fence = try await base.fence(of: bin)
                return fence == .open ? Fence(epoch: 1, admission: .everyone) : fence
            }
        },
        Animal("fences-are-of-all-bins", .partitionScope, caughtBy: "fences/are-of-one-bin") { store, _ in
            store.onSetFence = { (base, bin, fence, expected) async throws(StoreError) in
                for each in try await base.bins() where each != bin {
                    let present = try await base.fence(of: each)
                    if present.epoch < fence.epoch { try await base.setFence(of: each, to: fence, expecting: present) }
                }
                try await base.setFence(of: bin, to: fence, expecting: expected)
            }
        },
        Animal("fences-of-no-bin", caughtBy: "fences/of-no-bin-are-refused") { store, _ in
            store.onFence = { (base, bin) async throws(StoreError) in
                guard try await base.bins().contains(bin) else { return .open }
                return try await base.fence(of: bin)
            }
        },
        Animal("fences-are-won-by-all", caughtBy: "fences/one-winner") { store, _ in
            store.onSetFence = { (base, bin, fence, expected) async throws(StoreError) in
                try await base.fence(of: bin).allow(fence, expecting: expected)
                for _ in 0..<3 { await Task.yield() }
                let present = try await base.fence(of: bin)
                if present.epoch < fence.epoch { try await base.setFence(of: bin, to: fence, expecting: present) }
            }
        },
        Animal(
            "leases-of-fences-never-end",
            .noConditionalDelete,
            caughtBy: "fences/admit-by-epoch",
            "fences/admit-their-epoch-only",
            "fences/moved-away-is-for-ever"
        ) { store, _ in
            store.capabilities.fencing = .leased(.milliseconds(1))
        }
        .with { $0.profile.capabilities.fencing = .leased(.seconds(1_000_000)) },
        Animal("epochs-of-fences-go-back", caughtBy: "fences/change-by-compare-and-set") { store, _ in
            store.onSetFence = { (base, bin, fence, expected) async throws(StoreError) in
                let isBack = try await base.fence(of: bin).epoch >= fence.epoch
                if !isBack { try await base.setFence(of: bin, to: fence, expecting: expected) }
            }
        },
        Animal("moved-away-can-be-undone", caughtBy: "fences/moved-away-is-for-ever") { store, _ in
            store.onSetFence = { (base, bin, fence, expected) async throws(StoreError) in
                if case .movedAway = expected.admission { return }
                try await base.setFence(of: bin, to: fence, expecting: expected)
            }
        },
        Animal("fences-end-with-their-store", caughtBy: "fences/outlive-their-store")
            .with { $0.forget = { $0.fences = [] } },
        Animal("moved-away-ends-with-its-store", caughtBy: "fences/moved-away-outlives-its-store")
            .with {
                $0.forget = { saved in
                    for (index, fence) in saved.fences.enumerated() {
                        if case .movedAway = fence.admission {
                            saved.fences[index] = Fence(epoch: fence.epoch, admission: .everyone)
                        }
                    }
                }
            },
    ]

    /// Marks that say something else.
    static let marks: [Animal] = [
        Animal("marks-are-left-by-failed-batches", caughtBy: "marks/of-failed-batches-are-not-there") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    if let mark = batch.mark {
                        _ = try await base.write(WriteBatch([.init(.delete, at: Key("nothing", "n"))], mark: mark))
                    }
                    throw error
                }
            }
        },
        Animal("marks-name-checked-keys", caughtBy: "marks/name-all-written-keys-and-no-checked-ones") { store, _ in
            store.onMarks = { (base, bin, limit, cursor) async throws(StoreError) in
                let page = try await base.marks(in: bin, limit: limit, after: cursor)
                let marks = page.marks.map { mark in
                    Mark(id: mark.id, keys: mark.keys.count > 1 ? mark.keys + [Key("p", "checked")] : mark.keys)
                }
                return MarkPage(marks: marks, cursor: page.cursor)
            }
        },
        Animal(
            "marks-name-the-first-key",
            caughtBy: "marks/name-all-written-keys-and-no-checked-ones",
            "marks/of-a-large-batch"
        ) { store, _ in
            store.changeMarks { Mark(id: $0.id, keys: Array($0.keys.prefix(1))) }
        },
        Animal("marks-name-joined-keys", caughtBy: "marks/of-any-keys") { store, _ in
            store.changeMarks { mark in
                Mark(id: mark.id, keys: mark.keys.map { Key(String(decoding: $0.partition, as: UTF8.self), "\($0)") })
            }
        },
        Animal("marks-are-cleared-by-key", caughtBy: "marks/are-cleared-by-name") { store, _ in
            store.onClearMarks = { (base, ids, bin) async throws(StoreError) in
                let all = try await base.marks(in: bin, limit: 1_000, after: nil).marks
                let keys = Set(all.filter { ids.contains($0.id) }.flatMap(\.keys))
                let same = all.filter { !keys.isDisjoint(with: $0.keys) }
                try await base.clearMarks(same.map(\.id), in: bin)
            }
        },
        Animal("marks-are-cleared-with-later-ones", caughtBy: "marks/are-cleared-by-name") { store, _ in
            store.onClearMarks = { (base, ids, bin) async throws(StoreError) in
                let all = try await base.marks(in: bin, limit: 1_000, after: nil).marks.map(\.id)
                try await base.clearMarks(ids.isEmpty ? [] : all, in: bin)
            }
        },
        Animal("marks-are-never-left", caughtBy: "marks/name-what-a-batch-wrote") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                batch.mark = nil
                return try await base.write(batch)
            }
        },
        Animal("marks-of-separate-writes-are-lost", caughtBy: "marks/of-separate-writes") { store, _ in
            store.onWriteEach = { base, batches in
                await base.write(
                    each: batches.map { batch in
                        var batch = batch
                        batch.mark = nil
                        return batch
                    }
                )
            }
        },
        Animal("marks-come-in-the-order-of-writing", caughtBy: "marks/come-in-the-order-of-their-names") { store, _ in
            store.onMarks = { (base, bin, limit, cursor) async throws(StoreError) in
                let page = try await base.marks(in: bin, limit: limit, after: cursor)
                return MarkPage(marks: page.marks.reversed(), cursor: page.cursor)
            }
        },
        Animal("marks-are-records", caughtBy: "marks/are-no-records") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                if let mark = batch.mark {
                    try await base.put([], at: Key(partition: [0], bytes: mark.encoded, space: .reservedLocal))
                }
                return try await base.write(batch)
            }
        },
        Animal("marks-end-with-their-store", caughtBy: "marks/outlive-their-store")
            .with { $0.forget = { $0.marks = [] } },
        Animal("marks-of-no-bin", caughtBy: "marks/listings-refuse-what-makes-no-sense") { store, _ in
            store.onMarks = { (base, bin, limit, cursor) async throws(StoreError) in
                guard try await base.bins().contains(bin) else { return MarkPage(marks: [], cursor: nil) }
                return try await base.marks(in: bin, limit: limit, after: cursor)
            }
        },
    ]

    /// The batch as one of the epoch that is admitted.
    private static func admitted(
        _ batch: WriteBatch,
        _ base: any KeyValueStore
    ) async throws(StoreError) -> WriteBatch {
        var batch = batch
        batch.epoch = try await base.fence(of: try await base.bins()[0]).epoch
        return batch
    }
}

extension BrokenStore {
    /// Changes every mark of a listing.
    mutating func changeMarks(_ change: @escaping @Sendable (Mark) -> Mark) {
        onMarks = { (base, bin, limit, cursor) async throws(StoreError) in
            let page = try await base.marks(in: bin, limit: limit, after: cursor)
            return MarkPage(marks: page.marks.map(change), cursor: page.cursor)
        }
    }
}
