#if DynamoDB
import AWSClient
public import KeyValue
import StoreHTTP

extension DynamoDBStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await write(each: [batch])[0].get()
    }

    /// A batch that was found valid, and where its result goes.
    private struct Placed: Sendable {
        let place: Int
        let batch: WriteBatch
        let id: WriteID
    }

    /// What came of one.
    private struct PlacedResult: Sendable {
        let place: Int
        let result: Result<WriteReceipt, StoreError>
    }

    /// How many transactions are under way at a time for one caller.
    private static let transactionsAtOnce = 8
    /// What the service takes in one.
    private static let actionsMax = 100
    private static let bytesMax = 3 << 20

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        results.reserveCapacity(batches.count)
        var valid: [Placed] = []
        for (place, batch) in batches.enumerated() {
            do throws(StoreError) {
                try requireOpen()
                try batch.validate(for: capabilities)
                if Task.isCancelled { throw .cancelled }
                valid.append(Placed(place: place, batch: batch, id: batch.id ?? client.environment.makeWriteID()))
                // Until the true one takes its place.
                results.append(.success(WriteReceipt([])))
            } catch {
                results.append(.failure(error))
            }
        }
        let groups = DynamoDBStore.groups(of: valid)
        await withTaskGroup(of: [PlacedResult].self) { tasks in
            var rest = groups[...]
            for group in rest.prefix(DynamoDBStore.transactionsAtOnce) { tasks.addTask { await self.apply(group) } }
            rest = rest.dropFirst(DynamoDBStore.transactionsAtOnce)
            while let done = await tasks.next() {
                for entry in done { results[entry.place] = entry.result }
                if let group = rest.popFirst() { tasks.addTask { await self.apply(group) } }
            }
        }
        return results
    }

    /// Batches that go into one transaction: of one epoch, within the limits of one, and of different keys.
    ///
    /// A transaction of many batches costs the service less than as many transactions, and fewer requests.
    private static func groups(of batches: [Placed]) -> [[Placed]] {
        var groups: [[Placed]] = []
        var group: [Placed] = []
        // The check of the fence.
        var actions = 1
        var bytes = 0
        for entry in batches {
            let count = Transaction.actionCount(of: entry.batch)
            let size = entry.batch.bytesAtMost
            let fits = actions + count <= actionsMax && bytes + size <= bytesMax
            if let first = group.first, !fits || first.batch.epoch != entry.batch.epoch {
                groups.append(group)
                group = []
                actions = 1
                bytes = 0
            }
            group.append(entry)
            actions += count
            bytes += size
        }
        if !group.isEmpty { groups.append(group) }
        return groups
    }

    /// Applies batches together, or where that fails, each by itself.
    private func apply(_ group: [Placed]) async -> [PlacedResult] {
        do throws(StoreError) {
            let receipts = try await commit(Transaction(group.map { ($0.batch, $0.id) }))
            return zip(group, receipts).map { PlacedResult(place: $0.place, result: .success($1)) }
        } catch {
            // After an unknown outcome none may be written again: its caller has to see first.
            guard group.count > 1, error.code != .outcomeUnknown else {
                return group.map { PlacedResult(place: $0.place, result: .failure(error)) }
            }
        }
        var results: [PlacedResult] = []
        for entry in group { results += await apply([entry]) }
        return results
    }

    /// Applies a transaction, made anew as often as what it depends on changes meanwhile; a receipt a batch.
    private func commit(_ transaction: Transaction) async throws(StoreError) -> [WriteReceipt] {
        var transaction = transaction
        let dependent = transaction.steps.filter(\.dependsOnRow)
        var attempt = 1
        while true {
            if !dependent.isEmpty { transaction.take(try await rows(of: dependent)) }
            guard let failure = try await tryOnce(transaction) else { return transaction.receipts(store: identity) }
            try await client.caller.pause(after: attempt, of: failure)
            attempt += 1
        }
    }

    /// Nil when it was applied; otherwise why it has to be tried again. Throws what no other attempt would change.
    private func tryOnce(_ transaction: Transaction) async throws(StoreError) -> StoreError? {
        let actions = transaction.actions(fenceShard: nextFenceShard(), store: identity)
        let answer = try await client.send(
            "TransactWriteItems",
            [JSON.Member("TransactItems", .array(actions.map { $0.json(in: client.table) }))],
            .writes,
            ofTable: false,
            units: actions.reduce(0) { $0 + BilledUnit.writing($1.item.bytes) },
            expected: [Cancellation.code]
        )
        guard case .refused(let refusal) = answer else { return nil }
        guard let cancellation = Cancellation(refusal) else { throw client.strangeReply(changes: false) }
        guard let error = try cancellation.error(of: transaction, in: identity) else {
            return StoreError(.locked, "Somebody else writes the same records: try again.")
        }
        guard error.code == .locked || error.code == .throttled else { throw error }
        return error
    }

    /// The rows at the keys of these steps, as the newest writes left them, tombstones among them.
    private func rows(of steps: [Transaction.Step]) async throws(StoreError) -> [Entry?] {
        // What is deleted may be large, and its value does not matter.
        let deleted = steps.filter { $0.operation.action == .delete }.map(\.operation.key)
        let added = steps.filter { $0.operation.action != .delete }.map(\.operation.key)
        var entries = try await rows(at: deleted, withValues: false)
        for (key, entry) in try await rows(at: added, withValues: true) { entries[key] = entry }
        return steps.map { entries[$0.operation.key] }
    }
}

extension WriteBatch {
    /// What the batch comes to in the service's count, at most.
    fileprivate var bytesAtMost: Int {
        operations.reduce(0) { sum, operation in
            var bytes = 2 * (operation.key.partition.count + operation.key.bytes.count) + 64
            if case .put(let value) = operation.action { bytes += value.count }
            return sum + bytes
        }
    }
}
#endif
