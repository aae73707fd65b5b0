import KeyValue

extension Animal {
    /// Writes that are not atomic.
    static let atomicity: [Animal] = [
        Animal(
            "compares-then-sets",
            caughtBy: "races/one-winner-of-a-revision",
            "races/one-creator",
            "races/no-increment-is-lost",
            "races/put-or-delete",
            "openers/one-winner-of-a-revision",
            "openers/one-creator"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                try await expectPreconditions(of: batch, base)
                return try await base.write(withoutPreconditions(batch))
            }
        },
        Animal(
            "batches-show-half",
            caughtBy: "races/get-sees-no-half-batch",
            "openers/see-no-half-batch"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                guard batch.operations.count > 1, batch.mark == nil else { return try await base.write(batch) }
                try await expectPreconditions(of: batch, base)
                return try await writeOneByOne(withoutPreconditions(batch), base)
            }
        },
        Animal(
            "batches-stop-half-way",
            caughtBy: "batches/one-failing-precondition",
            "races/sum-of-transfers-stays",
            "batches/one-illegal-operation-stops-all",
            "counters/refused-addition-stops-its-batch"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                batch.operations.count > 1 && batch.mark == nil
                    ? try await writeOneByOne(batch, base) : try await base.write(batch)
            }
        },
        Animal(
            "batches-beyond-scope-are-half-applied",
            caughtBy: "batches/beyond-a-partition-are-refused"
        ) { store, _ in
            store.capabilities.batchScope = .partition
            store.onWrite = { (base, batch) async throws(StoreError) in
                let partition = batch.operations.first?.key.partition
                let near = batch.operations.filter { $0.key.partition == partition }
                guard near.count < batch.operations.count else { return try await base.write(batch) }
                _ = try await base.write(WriteBatch(near))
                throw .unsupported("A batch reaches one partition.")
            }
        },
        Animal("batches-beyond-a-key-are-applied", caughtBy: "batches/beyond-a-key-are-refused") { store, _ in
            store.capabilities.batchScope = .key
        },
        Animal("gets-are-of-many-moments", caughtBy: "races/get-sees-no-half-batch") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                var found: [Entry?] = []
                for key in keys {
                    found += try await base.get([key], options)
                    await Task.yield()
                }
                return found
            }
        },
        Animal("pages-are-of-many-moments", caughtBy: "races/page-sees-no-half-batch") { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                let page = try await base.scan(range, options, after: cursor)
                var rows: [Entry] = []
                for row in page {
                    await Task.yield()
                    if let entry = try await base.get([row.key], .init(includesTombstones: true))[0] {
                        rows.append(entry)
                    }
                }
                return rebuilt(rows, page.cursor, range.space, options, identity)
            }
        },
        Animal("additions-are-read-then-written", caughtBy: "races/additions-sum-up", "openers/additions-sum-up") {
            store,
            _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                guard batch.operations.count == 1, case .add(let amount) = batch.operations[0].action else {
                    return try await base.write(batch)
                }
                let key = batch.operations[0].key
                let sum = try Counter.sum(of: try await base.get(key)?.value, and: amount, at: key)
                await Task.yield()
                var set = batch
                set.operations[0].action = .put(Counter.encode(sum))
                var receipt = try await base.write(set)
                receipt.outcomes[0].sum = sum
                return receipt
            }
        },
        Animal(
            "fences-are-checked-then-forgotten",
            caughtBy: "fences/no-batch-after-they-return",
            "openers/no-batch-after-anothers-fence"
        ) { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                let bin = try await base.bins()[0]
                try await base.fence(of: bin).admit(epoch: batch.epoch)
                await Task.yield()
                var later = batch
                later.epoch = try await base.fence(of: bin).epoch
                return try await base.write(later)
            }
        },
        Animal("fences-are-set-without-comparing", caughtBy: "fences/change-by-compare-and-set") { store, _ in
            store.onSetFence = { (base, bin, fence, _) async throws(StoreError) in
                let present = try await base.fence(of: bin)
                await Task.yield()
                try await base.setFence(of: bin, to: fence, expecting: present)
            }
        },
    ]

    private static func expectPreconditions(of batch: WriteBatch, _ base: any KeyValueStore) async throws(StoreError) {
        let checks = batch.operations.filter { $0.precondition != nil }.map {
            WriteBatch.Operation(.check, at: $0.key, if: $0.precondition)
        }
        if !checks.isEmpty { _ = try await base.write(WriteBatch(checks, epoch: batch.epoch)) }
        for _ in 0..<3 { await Task.yield() }
    }

    private static func withoutPreconditions(_ batch: WriteBatch) -> WriteBatch {
        var batch = batch
        for index in batch.operations.indices where batch.operations[index].action != .check {
            batch.operations[index].precondition = nil
        }
        return batch
    }

    private static func writeOneByOne(
        _ batch: WriteBatch,
        _ base: any KeyValueStore
    ) async throws(StoreError) -> WriteReceipt {
        var receipt = WriteReceipt([])
        for operation in batch.operations {
            let part = WriteBatch([operation], epoch: batch.epoch, id: batch.id)
            receipt.outcomes += try await base.write(part).outcomes
            await Task.yield()
        }
        return receipt
    }
}
