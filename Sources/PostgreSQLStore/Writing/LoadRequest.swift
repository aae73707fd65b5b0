#if PostgreSQL
import KeyValue

/// Batches of one put each that go in one statement: what a copier writes by the thousand.
struct LoadRequest: Sendable {
    /// What they have in common.
    struct Kind: Hashable, Sendable {
        var epoch: UInt64?
        /// Whether what is there is overwritten; otherwise nothing may be there.
        var replaces: Bool
    }

    static let rowsMax = 1_000
    static let bytesMax = 4 << 20

    let kind: Kind
    /// Which batch of the call each row is, with its identifier.
    private(set) var rows: [(index: Int, key: Key, value: [UInt8], id: WriteID)] = []
    private(set) var bytes = 0
    private var ids: Set<WriteID> = []

    init(_ kind: Kind) { self.kind = kind }

    var isFull: Bool { rows.count >= LoadRequest.rowsMax || bytes >= LoadRequest.bytesMax }

    /// The kind of load that a batch can be part of; nil when it needs a transaction of its own.
    static func kind(of batch: WriteBatch) -> Kind? {
        guard batch.operations.count == 1, batch.mark == nil, case .put = batch.operations[0].action else { return nil }
        switch batch.operations[0].precondition {
        case nil: return Kind(epoch: batch.epoch, replaces: true)
        case .vacant: return Kind(epoch: batch.epoch, replaces: false)
        case .absent, .exists, .revision: return nil
        }
    }

    /// Takes in a batch; false when its identifier is there already, by which rows are told apart.
    mutating func append(_ batch: WriteBatch, id: WriteID, index: Int) -> Bool {
        guard let operation = batch.operations.first, case .put(let value) = operation.action,
            ids.insert(id).inserted
        else { return false }
        rows.append((index, operation.key, value, id))
        bytes += value.count + operation.key.bytes.count + operation.key.partition.count
        return true
    }

    /// The query, with the rows in the order of their keys, so that no two loads wait for each other.
    func query(_ statements: Statements) -> Query {
        let rows = rows.sorted { $0.key < $1.key }
        return statements.load { parameters in
            parameters.append(BatchRequest.encoded(kind.epoch))
            parameters.append(rows.map { Int16($0.key.space.rawValue) })
            parameters.append(rows.map(\.key.partition))
            parameters.append(rows.map(\.key.bytes))
            parameters.append(rows.map(\.value))
            parameters.append(rows.map { Int64(bitPattern: $0.id.nonce) })
            parameters.append(Int64(kind.replaces ? 1 : 0))
        }
    }

    /// The outcome of each row; nil for those that were not put since something is there.
    func results(
        _ result: QueryResult,
        identity: StoreIdentity
    ) -> [(index: Int, outcome: Result<WriteReceipt, StoreError>?)] {
        var put: Set<Int64> = []
        for row in 0..<result.count {
            if result.integer(row, 1) == AnswerCode.fence.rawValue {
                let error = BatchRequest.refusal(result.bytes(row, 3), kind.epoch)
                return rows.map { ($0.index, .failure(error)) }
            }
            if let nonce = result.integer(row, 2) { put.insert(nonce) }
        }
        return rows.map { row in
            guard kind.replaces || put.contains(Int64(bitPattern: row.id.nonce)) else { return (row.index, nil) }
            let revision = Revision(store: identity, key: row.key, nonce: row.id.nonce)
            return (row.index, .success(WriteReceipt([WriteReceipt.Outcome(revision: revision)])))
        }
    }
}
#endif
