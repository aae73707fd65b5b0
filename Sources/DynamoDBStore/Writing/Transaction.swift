#if DynamoDB
import KeyValue
import StoreHTTP

/// Batches that become one transaction of the service: their operations, their marks, and a check of the fence.
struct Transaction: Sendable {
    /// One operation, and the batch that it is of.
    struct Step: Sendable {
        let operation: WriteBatch.Operation
        let nonce: UInt64
        /// What was at the key when the transaction was made, for an operation that depends on it.
        var seen: Seen = .unread
        /// For an addition: the number that is written.
        var sum: Int64?
        /// For an addition that can't be done: why. What else is wrong with the transaction goes before it.
        var refusal: StoreError?

        enum Seen: Sendable {
            case unread
            case read(Entry?)
        }

        /// Whether the operation depends on what is at its key: the number that is added to, and what a delete removes.
        var dependsOnRow: Bool {
            switch operation.action {
            case .add, .delete: true
            case .put, .bury, .check: false
            }
        }
    }

    var steps: [Step]
    let marks: [Mark]
    let epoch: UInt64?
    private let counts: [Int]

    /// Of batches of one epoch, each with its identifier.
    init(_ batches: [(batch: WriteBatch, id: WriteID)]) {
        steps = batches.flatMap { entry in
            entry.batch.operations.map { Step(operation: $0, nonce: entry.id.nonce) }
        }
        marks = batches.compactMap { entry in Transaction.mark(of: entry.batch) }
        epoch = batches.first?.batch.epoch
        counts = batches.map(\.batch.operations.count)
    }

    private static func mark(of batch: WriteBatch) -> Mark? {
        let keys = batch.operations.filter { $0.action != .check }.map(\.key)
        return keys.isEmpty ? nil : batch.mark.map { Mark(id: $0, keys: keys) }
    }

    /// How many actions a batch makes, without the check of the fence.
    static func actionCount(of batch: WriteBatch) -> Int { batch.operations.count + (batch.mark == nil ? 0 : 1) }

    /// Takes in what is at the keys of the steps that depend on it, in their order.
    mutating func take(_ entries: [Entry?]) {
        var rest = entries[...]
        for index in steps.indices where steps[index].dependsOnRow {
            guard let entry = rest.popFirst() else { return }
            steps[index].seen = .read(entry)
            guard case .add(let amount) = steps[index].operation.action else { continue }
            // Where its precondition fails, it is refused for that, whatever would have come of it.
            if steps[index].operation.conflict(with: entry) != nil { continue }
            let value = entry.flatMap { $0.isTombstone ? nil : $0.value }
            do throws(StoreError) {
                steps[index].sum = try Counter.sum(of: value, and: amount, at: steps[index].operation.key)
                steps[index].refusal = nil
            } catch {
                steps[index].refusal = error
            }
        }
    }

    /// The actions: the check of a shard of the fence, one a step, the marks.
    func actions(fenceShard: Int, store: StoreIdentity) -> [TransactionAction] {
        var actions = [
            TransactionAction(
                kind: .check,
                item: DynamoDBLayout.fenceShard(fenceShard),
                condition: .init(admitting: epoch)
            )
        ]
        for step in steps { actions.append(action(of: step, store)) }
        for mark in marks {
            var item = DynamoDBLayout.mark(mark.id)
            item.attributes["v"] = .binary(mark.encodedKeys)
            actions.append(TransactionAction(kind: .put, item: item, condition: nil))
        }
        return actions
    }

    private func action(of step: Step, _ store: StoreIdentity) -> TransactionAction {
        let key = step.operation.key
        var condition = step.operation.precondition.map { TransactionAction.Condition($0, at: key, in: store) }
        if case .read(let entry) = step.seen {
            let guarding: TransactionAction.Condition =
                switch entry?.revision.nonce(at: key, in: store) {
                case nil: .isNotThere
                case let nonce?: .has(nonce: nonce, named: ":s")
                }
            condition = condition.map { $0.and(guarding) } ?? guarding
        }
        if step.refusal != nil { condition = condition?.and(.never) ?? .never }
        let nonce = step.nonce
        switch step.operation.action {
        case .put(let value):
            let item = StoredRow.item(at: key, value: value, nonce: nonce)
            return TransactionAction(kind: .put, item: item, condition: condition)
        case .bury:
            let item = StoredRow.item(at: key, value: nil, nonce: nonce)
            return TransactionAction(kind: .put, item: item, condition: condition)
        case .add:
            let item = StoredRow.item(at: key, value: Counter.encode(step.sum ?? 0), nonce: nonce)
            return TransactionAction(kind: .put, item: item, condition: condition)
        case .delete:
            return TransactionAction(kind: .delete, item: DynamoDBLayout.item(at: key), condition: condition)
        case .check:
            return TransactionAction(kind: .check, item: DynamoDBLayout.item(at: key), condition: condition)
        }
    }

    /// What the applied transaction did: a receipt a batch.
    func receipts(store: StoreIdentity) -> [WriteReceipt] {
        var rest = steps[...]
        return counts.map { count in
            defer { rest = rest.dropFirst(count) }
            return WriteReceipt(rest.prefix(count).map { outcome(of: $0, store) })
        }
    }

    private func outcome(of step: Step, _ store: StoreIdentity) -> WriteReceipt.Outcome {
        switch step.operation.action {
        case .check: return WriteReceipt.Outcome()
        case .delete:
            guard case .read(let entry) = step.seen else { return WriteReceipt.Outcome() }
            return WriteReceipt.Outcome(existed: entry.map { !$0.isTombstone } ?? false)
        case .put, .bury, .add:
            let revision = Revision(store: store, key: step.operation.key, nonce: step.nonce)
            return WriteReceipt.Outcome(revision: revision, sum: step.sum)
        }
    }
}
#endif
