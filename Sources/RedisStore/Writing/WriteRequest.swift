#if Redis
import KeyValue

/// A valid batch as the arguments of its script, and the script's reply as a receipt.
struct WriteRequest {
    let bucket: Bucket
    let arguments: [[UInt8]]
    /// The rows that go ahead of the script, each under a name of its own.
    let rowsAhead: [(name: [UInt8], row: [UInt8])]
    private let batch: WriteBatch
    private let id: WriteID
    private let store: StoreIdentity

    /// Of a batch of more bytes, rows of more bytes go ahead: a script that gets and stores megabytes takes milliseconds,
    /// in which the server does nothing else.
    private static let batchBytesAtOnceMax = 256 << 10
    private static let rowBytesAtOnceMax = 2 << 10

    /// A request for a batch.
    ///
    /// - Parameter names: what the names of rows that go ahead begin with; no other batch has it.
    init(_ batch: WriteBatch, id: WriteID, store: StoreIdentity, names: UInt64) {
        self.batch = batch
        self.id = id
        self.store = store
        let partition = batch.operations.first?.key.partition ?? []
        bucket = Bucket(of: partition)
        var arguments = [batch.epoch.map(StoredRow.encode) ?? [], partition, RedisLayout.counted(partition)]
        arguments.reserveCapacity(6 + batch.operations.count * 4)
        let written = batch.mark == nil ? [] : batch.operations.filter { $0.action != .check }.map(\.key)
        if let mark = batch.mark, !written.isEmpty {
            arguments.append(mark.encoded + Mark(id: mark, keys: written).encodedKeys)
            arguments += mark.lexicalBounds
        } else {
            arguments += [[], [], []]
        }
        let rows = batch.operations.map { WriteRequest.row(of: $0, nonce: id.nonce) }
        let isLarge = rows.reduce(0) { $0 + $1.count } > WriteRequest.batchBytesAtOnceMax
        var rowsAhead: [(name: [UInt8], row: [UInt8])] = []
        for (operation, row) in zip(batch.operations, rows) {
            var letters = WriteRequest.letters(of: operation)
            var stored = row
            if isLarge, row.count > WriteRequest.rowBytesAtOnceMax {
                letters[0] = 0x73
                stored = StoredRow.encode(names) + StoredRow.encode(UInt64(rowsAhead.count))
                rowsAhead.append((stored, row))
            }
            arguments += [letters, operation.key.bytes, stored, WriteRequest.nonce(of: operation, store)]
        }
        self.arguments = arguments
        self.rowsAhead = rowsAhead
    }

    /// What sends rows ahead. Sent again they do no harm, and they go by themselves if their batch never comes.
    func commandsAhead(in layout: RedisLayout) -> [RedisCommand] {
        rowsAhead.map { name, row in
            let name = layout.rowSentAhead(name, in: bucket)
            return RedisCommand("SET", [name, row, Array("PX".utf8), Array("60000".utf8)], slot: bucket.slot)
        }
    }

    private static func letters(of operation: WriteBatch.Operation) -> [UInt8] {
        let action: Unicode.Scalar =
            switch operation.action {
            case .put: "p"
            case .bury: "b"
            case .delete: "d"
            case .add: "a"
            case .check: "c"
            }
        let precondition: Unicode.Scalar =
            switch operation.precondition {
            case nil: "-"
            case .absent: "a"
            case .vacant: "v"
            case .exists: "e"
            case .revision: "r"
            }
        return [
            UInt8(truncatingIfNeeded: action.value), RedisLayout.digit(operation.key.space),
            UInt8(truncatingIfNeeded: precondition.value),
        ]
    }

    private static func row(of operation: WriteBatch.Operation, nonce: UInt64) -> [UInt8] {
        switch operation.action {
        case .put(let value): StoredRow.encode(value, nonce: nonce)
        case .bury: StoredRow.encode([], nonce: nonce, isTombstone: true)
        case .add(let amount): StoredRow.encode(Counter.encode(amount), nonce: nonce)
        case .delete, .check: []
        }
    }

    private static func nonce(of operation: WriteBatch.Operation, _ store: StoreIdentity) -> [UInt8] {
        guard case .revision(let revision) = operation.precondition else { return [] }
        return revision.nonce(at: operation.key, in: store).map(StoredRow.encode) ?? []
    }

    // MARK: - Replies

    /// What the script's reply says; throws what it says against the batch.
    func receipt(from reply: RESPValue) throws(StoreError) -> WriteReceipt {
        if reply.integer == 1 { return receipt { _ in .null } }
        guard let elements = reply.elements, let kind = elements.first?.text else { throw RedisStore.strangeReply }
        let rest = elements.dropFirst()
        switch kind {
        case "d" where rest.count == batch.operations.count: return receipt { rest[rest.startIndex + $0] }
        case "f":
            let fence = try rest.first?.bytes.map { (bytes) throws(StoreError) in try Fence(encoded: bytes) } ?? .open
            try fence.admit(epoch: batch.epoch)
        case "c": throw .preconditionFailed(try conflicts(in: rest))
        case "s": try refuseSum(rest)
        case "x":
            throw StoreError(.unavailable, "The server lost a row that was sent ahead of its batch: write it again.")
        default: break
        }
        throw RedisStore.strangeReply
    }

    private func receipt(_ outcome: (Int) -> RESPValue) -> WriteReceipt {
        var receipt = WriteReceipt([])
        receipt.outcomes.reserveCapacity(batch.operations.count)
        for (index, operation) in batch.operations.enumerated() {
            var made = WriteReceipt.Outcome()
            switch operation.action {
            case .put, .bury, .add:
                made.revision = Revision(store: store, key: operation.key, nonce: id.nonce)
                made.sum = outcome(index).bytes.flatMap { Counter.decode($0) }
            case .delete: made.existed = outcome(index).integer == 1
            case .check: break
            }
            receipt.outcomes.append(made)
        }
        return receipt
    }

    private func operation(_ number: RESPValue) throws(StoreError) -> WriteBatch.Operation {
        guard let index = number.integer.flatMap({ Int(exactly: $0) }), batch.operations.indices.contains(index) else {
            throw RedisStore.strangeReply
        }
        return batch.operations[index]
    }

    private func conflicts(in elements: ArraySlice<RESPValue>) throws(StoreError) -> [StoreError.Conflict] {
        var conflicts: [StoreError.Conflict] = []
        var rest = elements
        while let number = rest.popFirst(), let row = rest.popFirst() {
            let operation = try operation(number)
            guard let precondition = operation.precondition else { throw RedisStore.strangeReply }
            let occupant = try occupant(row, at: operation.key)
            conflicts.append(
                StoreError.Conflict(key: operation.key, precondition: precondition, occupant: occupant)
            )
        }
        return conflicts
    }

    private func occupant(_ row: RESPValue, at key: Key) throws(StoreError) -> StoreError.Conflict.Occupant {
        // It was not read: the rows before it were many bytes already.
        if row.integer == 0 { return .unknown }
        guard let bytes = row.bytes else { return .vacant }
        return .row(try StoredRow(bytes, at: key).entry(at: key, in: store))
    }

    private func refuseSum(_ elements: ArraySlice<RESPValue>) throws(StoreError) {
        guard let number = elements.first, let bytes = elements.last?.bytes else { throw RedisStore.strangeReply }
        let operation = try operation(number)
        guard case .add(let amount) = operation.action else { throw RedisStore.strangeReply }
        let row = try StoredRow(bytes, at: operation.key)
        _ = try Counter.sum(of: Array(row.value), and: amount, at: operation.key)
    }
}

extension MarkID {
    /// The bounds between which the marks of this name lie in their sorted set.
    var lexicalBounds: [[UInt8]] {
        [[0x5B] + encoded, ByteOrder.end(ofPrefix: encoded).map { [0x28] + $0 } ?? [0x2B]]
    }
}
#endif
