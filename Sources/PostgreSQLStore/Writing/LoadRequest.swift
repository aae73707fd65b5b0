#if PostgreSQL
import KeyValue

/// Batches of one put each that go in one statement: what a copier writes by the thousand.
struct LoadRequest: Sendable {
    /// What they have in common.
    struct Kind: Hashable, Sendable {
        var epoch: UInt64?
        /// Whether what is there is overwritten; otherwise nothing may be there.
        var replaces: Bool

        private init(epoch: UInt64?, replaces: Bool) {
            self.epoch = epoch
            self.replaces = replaces
        }

        /// What a lone put has, that overwrites or needs its key vacant; nil for any other batch.
        init?(of batch: WriteBatch) {
            guard batch.operations.count == 1, case .put = batch.operations[0].action else { return nil }
            switch batch.operations[0].precondition {
            case nil: self.init(epoch: batch.epoch, replaces: true)
            case .vacant: self.init(epoch: batch.epoch, replaces: false)
            case .absent, .exists, .revision: return nil
            }
        }
    }

    static let rowsMax = 4_096
    static let bytesMax = 4 << 20

    let kind: Kind
    /// Which batch of the call each row is, with its identifier.
    private(set) var rows: [(index: Int, key: Key, value: [UInt8], id: WriteID)] = []
    private(set) var bytes = 0
    private var ids: Set<WriteID> = []

    init(_ kind: Kind) { self.kind = kind }

    var isFull: Bool { rows.count >= LoadRequest.rowsMax || bytes >= LoadRequest.bytesMax }

    /// The kind of load that a batch can be part of; nil when it needs a transaction of its own.
    static func kind(of batch: WriteBatch) -> Kind? { batch.mark == nil ? Kind(of: batch) : nil }

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
        let rows = sortedRows
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

    /// Whether there are enough to make up for what `COPY` costs beside them, and nothing is to be overwritten.
    var mayBeCopied: Bool { !kind.replaces && rows.count >= LoadRequest.copiedRowsMin }

    private static let copiedRowsMin = 128

    /// The same by `COPY`, which takes all or none.
    ///
    /// Its binary format is that of PostgreSQL's documentation of `COPY`: a signature, flags and the length of an
    /// extension; each row with its number of fields, each field with its length before it; -1 at the end.
    func bulk(_ statements: Statements) -> BulkLoad {
        let rows = sortedRows
        let size = LoadRequest.copyHeader.count + bytes + rows.count * LoadRequest.copyRowBytes + 2
        let block = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = BlockWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.append(LoadRequest.copyHeader)
            for row in rows {
                writer.append(Int16(5))
                writer.append(Int32(2))
                writer.append(Int16(row.key.space.rawValue))
                writer.append(field: row.key.partition)
                writer.append(field: row.key.bytes)
                writer.append(Int32(8))
                writer.append(row.id.nonce)
                writer.append(field: row.value)
            }
            writer.append(Int16(-1))
            count = writer.count
        }
        let epoch = kind.epoch
        return BulkLoad(text: statements.copy, bytes: block) { result in
            BatchRequest.isAdmitted(epoch, by: LoadRequest.fence(in: result))
        }
    }

    private static let copyHeader = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    /// What a row takes beside its bytes: the number of its fields, the length of each, and two numbers.
    private static let copyRowBytes = 2 + 5 * 4 + 2 + 8

    /// In the order of their keys, in which they mostly come.
    private var sortedRows: [(index: Int, key: Key, value: [UInt8], id: WriteID)] {
        let isSorted = zip(rows, rows.dropFirst()).allSatisfy { $0.key < $1.key }
        return isSorted ? rows : rows.sorted { $0.key < $1.key }
    }

    /// The fence that a load was judged by; in the text format, since statements that go together have no other.
    private static func fence(in result: QueryResult) -> [UInt8]? {
        guard let digits = result.bytes(0, 0), digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { index in
            let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
            return UInt8(pair, radix: 16) ?? 0
        }
    }

    /// The outcome of each row after `COPY`; nil if they have to be tried otherwise.
    func results(
        _ answer: Job.Answer,
        identity: StoreIdentity
    ) -> [(index: Int, outcome: Result<WriteReceipt, StoreError>?)]? {
        switch answer {
        case .success(let results):
            let fence = results.first.flatMap { LoadRequest.fence(in: $0) }
            guard BatchRequest.isAdmitted(kind.epoch, by: fence) else {
                let error = BatchRequest.refusal(fence, kind.epoch)
                return rows.map { ($0.index, .failure(error)) }
            }
            return rows.map { row in
                let revision = Revision(store: identity, key: row.key, nonce: row.id.nonce)
                return (row.index, .success(WriteReceipt([WriteReceipt.Outcome(revision: revision)])))
            }
        // No row would fare better.
        case .failure(.refused(let message)) where message.code.hasPrefix("53"):
            return rows.map { ($0.index, .failure(message.storeError)) }
        // The server undid everything, for whichever row.
        case .failure(.refused): return nil
        case .failure(let failure):
            let error = failure.storeError(changes: true)
            return rows.map { ($0.index, .failure(error)) }
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
