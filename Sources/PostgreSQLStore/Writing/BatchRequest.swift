#if PostgreSQL
import KeyValue

/// One batch as the server takes it, and the reading of its answer.
struct BatchRequest: Sendable {
    let batch: WriteBatch
    let id: WriteID
    let identity: StoreIdentity
    /// For each place in the order of the keys, the operation that stands there.
    private let order: [Int]

    init(_ batch: WriteBatch, id: WriteID, identity: StoreIdentity) {
        self.batch = batch
        self.id = id
        self.identity = identity
        order = batch.operations.indices.sorted { batch.operations[$0].key < batch.operations[$1].key }
    }

    static func encoded(_ epoch: UInt64?) -> [UInt8]? {
        epoch.map { epoch in withUnsafeBytes(of: epoch.bigEndian) { Array($0) } }
    }

    func query(_ statements: Statements) -> Query {
        let operations = order.map { batch.operations[$0] }
        let conditions = operations.map { condition(of: $0) }
        let written = batch.operations.filter { $0.action != .check }.map(\.key)
        let mark = written.isEmpty ? nil : batch.mark.map { Mark(id: $0, keys: written) }
        let judges = operations.contains { operation in
            if case .add = operation.action { true } else { operation.precondition != nil }
        }
        return statements.apply { parameters in
            parameters.append(BatchRequest.encoded(batch.epoch))
            parameters.append(operations.map { Int16($0.key.space.rawValue) })
            parameters.append(operations.map(\.key.partition))
            parameters.append(operations.map(\.key.bytes))
            parameters.append(operations.map(\.action.number))
            parameters.append(operations.map(\.action.stored))
            parameters.append(conditions.map(\.number))
            parameters.append(conditions.map(\.nonce))
            parameters.append(Int64(bitPattern: id.nonce))
            parameters.append(Int64(judges ? 1 : 0))
            parameters.append(mark?.encodedID)
            parameters.append(mark?.encodedKeys)
        }
    }

    /// A query for a lone put that may overwrite, or needs its key vacant. It says whether it was done, not why not.
    func putQuery(_ statements: Statements) -> Query? {
        guard let kind = LoadRequest.Kind(of: batch), let operation = batch.operations.first,
            case .put(let value) = operation.action
        else { return nil }
        return statements.put(
            value,
            at: operation.key,
            nonce: Int64(bitPattern: id.nonce),
            epoch: BatchRequest.encoded(kind.epoch),
            replaces: kind.replaces,
            mark: batch.mark.map { Mark(id: $0, keys: [operation.key]) }
        )
    }

    /// What there is to be said of a put that was done.
    var receiptOfPut: WriteReceipt {
        WriteReceipt(
            batch.operations.map { operation in
                WriteReceipt.Outcome(revision: Revision(store: identity, key: operation.key, nonce: id.nonce))
            }
        )
    }

    private func condition(of operation: WriteBatch.Operation) -> (number: Int16, nonce: Int64) {
        switch operation.precondition {
        case nil: return (0, 0)
        case .absent: return (1, 0)
        case .vacant: return (2, 0)
        case .exists: return (3, 0)
        case .revision(let revision):
            // A token of another key or store fits nothing.
            guard let nonce = revision.nonce(at: operation.key, in: identity) else { return (5, 0) }
            return (4, Int64(bitPattern: nonce))
        }
    }

    // MARK: - The answer

    func receipt(from result: QueryResult) throws(StoreError) -> WriteReceipt {
        var outcomes = batch.operations.map { operation in
            switch operation.action {
            case .put, .bury, .add:
                WriteReceipt.Outcome(revision: Revision(store: identity, key: operation.key, nonce: id.nonce))
            case .delete: WriteReceipt.Outcome(existed: false)
            case .check: WriteReceipt.Outcome()
            }
        }
        var conflicts: [(index: Int, conflict: StoreError.Conflict)] = []
        var sums: [(index: Int, value: [UInt8])] = []
        for row in 0..<result.count {
            let code = result.integer(row, 1).flatMap { AnswerCode(rawValue: $0) }
            if code == .fence { throw BatchRequest.refusal(result.bytes(row, 3), batch.epoch) }
            guard let code, let place = result.integer(row, 0), place > 0, place <= order.count else {
                throw BatchRequest.damage
            }
            let index = order[Int(place) - 1]
            switch code {
            case .vacant, .live, .tombstone:
                let occupant = try occupant(code, result, row, batch.operations[index].key)
                if let precondition = batch.operations[index].precondition {
                    let key = batch.operations[index].key
                    conflicts.append(
                        (index, StoreError.Conflict(key: key, precondition: precondition, occupant: occupant))
                    )
                }
            case .sum: sums.append((index, result.bytes(row, 3) ?? []))
            case .added: outcomes[index].sum = Counter.decode(result.bytes(row, 3) ?? [])
            case .deleted: outcomes[index].existed = true
            case .fence, .put: throw BatchRequest.damage
            }
        }
        guard conflicts.isEmpty else {
            throw .preconditionFailed(conflicts.sorted { $0.index < $1.index }.map(\.conflict))
        }
        if let (index, value) = sums.min(by: { $0.index < $1.index }),
            case .add(let amount) = batch.operations[index].action
        {
            _ = try Counter.sum(of: value, and: amount, at: batch.operations[index].key)
            throw BatchRequest.damage
        }
        return WriteReceipt(outcomes)
    }

    private func occupant(
        _ code: AnswerCode,
        _ result: QueryResult,
        _ row: Int,
        _ key: Key
    ) throws(StoreError) -> StoreError.Conflict.Occupant {
        if code == .vacant { return .vacant }
        guard let nonce = result.integer(row, 2) else { throw BatchRequest.damage }
        return .row(
            Entry(
                key: key,
                value: result.bytes(row, 3) ?? [],
                revision: Revision(store: identity, key: key, nonce: UInt64(bitPattern: nonce)),
                isTombstone: code == .tombstone
            )
        )
    }

    private static let damage = StoreError(.corrupted, "The store's functions answer otherwise than they were made to.")

    /// Whether a fence of these bytes admits the epoch.
    static func isAdmitted(_ epoch: UInt64?, by encoded: [UInt8]?) -> Bool {
        do throws(StoreError) {
            try Fence(encoded: encoded ?? []).admit(epoch: epoch)
            return true
        } catch {
            return false
        }
    }

    /// Why a fence of these bytes does not admit the epoch.
    static func refusal(_ encoded: [UInt8]?, _ epoch: UInt64?) -> StoreError {
        do throws(StoreError) {
            try Fence(encoded: encoded ?? []).admit(epoch: epoch)
            return damage
        } catch {
            return error
        }
    }
}

extension WriteBatch.Action {
    /// As the functions of the schema number it.
    fileprivate var number: Int16 {
        switch self {
        case .put: 0
        case .bury: 1
        case .delete: 2
        case .add: 3
        case .check: 4
        }
    }

    /// The value that a row without anything before it gets.
    fileprivate var stored: [UInt8]? {
        switch self {
        case .put(let value): value
        case .add(let amount): Counter.encode(amount)
        case .bury, .delete, .check: nil
        }
    }
}
#endif
