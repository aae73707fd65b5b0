#if SQLite
import CSQLite
import KeyValue

/// The writer's changes inside one transaction: each unit is judged and then applied, or refused and leaves nothing.
///
/// An `EngineError` thrown from here means that the whole transaction has to be rolled back.
struct BatchTransaction {
    typealias Answer = WriteRequest.Answer

    let connection: Connection
    let identity: StoreIdentity
    /// The fence as this transaction leaves it.
    private(set) var fence: Fence

    init(on connection: Connection, identity: StoreIdentity, fence: Fence) {
        self.connection = connection
        self.identity = identity
        self.fence = fence
    }

    /// Does one unit of a request's work.
    mutating func perform(_ work: WriteRequest.Work, unit: Int) throws(EngineError) -> Answer {
        switch work {
        case .batches(let batches, let ids): return try apply(batches[unit], id: ids[unit])
        case .fence(let fence, let expected): return try set(fence, expecting: expected)
        case .clearMarks(let ids):
            let statement = try connection.statement(.removeMark)
            for id in ids { try statement.runOnce(on: connection) { $0.bind(id.encoded, at: 1) } }
            return .success(WriteReceipt([]))
        }
    }

    private mutating func set(_ successor: Fence, expecting expected: Fence) throws(EngineError) -> Answer {
        do throws(StoreError) {
            try fence.allow(successor, expecting: expected)
        } catch {
            return .failure(error)
        }
        try connection.putFence(successor)
        fence = successor
        return .success(WriteReceipt([]))
    }

    private func apply(_ batch: WriteBatch, id: WriteID) throws(EngineError) -> Answer {
        do throws(StoreError) {
            try fence.admit(epoch: batch.epoch)
        } catch {
            return .failure(error)
        }
        // Judged before the first change: all against the state before the batch.
        var rows: [Row?] = []
        var conflicts: [StoreError.Conflict] = []
        var sums: [Int: Int64] = [:]
        for (index, operation) in batch.operations.enumerated() {
            guard operation.precondition != nil || operation.action.isAddition else { continue }
            if rows.isEmpty { rows = Array(repeating: nil, count: batch.operations.count) }
            let row = try connection.row(at: operation.key)
            rows[index] = row
            if let conflict = operation.conflict(with: row?.entry(at: operation.key, in: identity)) {
                conflicts.append(conflict)
            }
        }
        guard conflicts.isEmpty else { return .failure(.preconditionFailed(conflicts)) }
        for (index, operation) in batch.operations.enumerated() {
            guard case .add(let amount) = operation.action else { continue }
            let live = rows[index].flatMap { $0.isTombstone ? nil : $0.value }
            do throws(StoreError) {
                sums[index] = try Counter.sum(of: live, and: amount, at: operation.key)
            } catch {
                return .failure(error)
            }
        }
        var outcomes: [WriteReceipt.Outcome] = []
        outcomes.reserveCapacity(batch.operations.count)
        for (index, operation) in batch.operations.enumerated() {
            outcomes.append(try apply(operation, sum: sums[index], id: id))
        }
        if let mark = batch.mark { try leave(mark, for: batch) }
        return .success(WriteReceipt(outcomes))
    }

    private func apply(
        _ operation: WriteBatch.Operation,
        sum: Int64?,
        id: WriteID
    ) throws(EngineError) -> WriteReceipt.Outcome {
        var outcome = WriteReceipt.Outcome()
        switch operation.action {
        case .put(let value): try connection.put(value, at: operation.key, nonce: id.nonce)
        case .bury: try connection.put(nil, at: operation.key, nonce: id.nonce)
        case .add:
            try connection.put(Counter.encode(sum ?? 0), at: operation.key, nonce: id.nonce)
            outcome.sum = sum
        case .delete:
            let occupant = try connection.occupant(at: operation.key)
            try connection.remove(occupant, at: operation.key)
            outcome.existed = occupant.isLive
            return outcome
        case .check: return outcome
        }
        outcome.revision = Revision(store: identity, key: operation.key, nonce: id.nonce)
        return outcome
    }

    private func leave(_ mark: MarkID, for batch: WriteBatch) throws(EngineError) {
        let mark = Mark(id: mark, keys: batch.operations.filter { $0.action != .check }.map(\.key))
        guard !mark.keys.isEmpty else { return }
        try connection.statement(.putMark).runOnce(on: connection) { statement in
            let code = statement.bind(mark.encodedID, at: 1)
            return code == SQLITE_OK ? statement.bind(mark.encodedKeys, at: 2) : code
        }
    }
}

extension WriteBatch.Action {
    fileprivate var isAddition: Bool { if case .add = self { true } else { false } }
}
#endif
