#if S3
import AWSClient
public import KeyValue

extension BucketStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try requireOpen()
        try batch.validate(for: capabilities)
        try await admit(epoch: batch.epoch)
        let operation = batch.operations[0]
        let id = batch.id ?? client.environment.makeWriteID()
        return WriteReceipt([try await apply(operation, id)])
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        await resultsSideBySide(batches, atMost: ListedObject.atOnce) { (batch) throws(StoreError) in
            try await self.write(batch)
        }
    }

    private func apply(
        _ operation: WriteBatch.Operation,
        _ id: WriteID
    ) async throws(StoreError) -> WriteReceipt.Outcome {
        let name = layout.name(of: operation.key)
        if operation.action == .delete, !powers.conditionalDelete {
            _ = try await client.delete(name, if: .none)
            return WriteReceipt.Outcome()
        }
        // What needs no look before, is tried at once.
        if let condition = firstCondition(of: operation), let outcome = try await put(operation, nil, id, if: condition)
        {
            return outcome
        }
        var attempt = 1
        while true {
            let row = try await row(at: operation.key)
            if let conflict = operation.conflict(with: row?.entry(in: identity)) {
                throw .preconditionFailed([conflict])
            }
            let condition = row.map { BucketClient.Condition.hasTag($0.etag) } ?? .isNotThere
            switch operation.action {
            case .check: return WriteReceipt.Outcome()
            case .delete:
                guard let row else { return WriteReceipt.Outcome(existed: false) }
                if try await client.delete(name, if: condition) {
                    return WriteReceipt.Outcome(existed: !row.isTombstone)
                }
            case .put, .bury, .add:
                if let outcome = try await put(operation, row, id, if: condition) { return outcome }
            }
            let error = StoreError(.locked, "Somebody else writes the same records: try again.")
            try await client.caller.pause(after: attempt, of: error)
            attempt += 1
        }
    }

    /// The condition under which an operation can be tried without a look at what is there; nil where there is none.
    private func firstCondition(of operation: WriteBatch.Operation) -> BucketClient.Condition? {
        switch (operation.action, operation.precondition) {
        case (.put, nil), (.bury, nil): return BucketClient.Condition.none
        case (.put, .absent), (.put, .vacant), (.bury, .vacant), (.add, .vacant): return .isNotThere
        case (.put, .revision(let revision)), (.bury, .revision(let revision)):
            guard let tag = revision.native(at: operation.key, in: identity) else { return nil }
            return .hasTag(String(decoding: tag, as: UTF8.self))
        default: return nil
        }
    }

    /// Writes a row over another, or none; nil where the condition did not hold.
    private func put(
        _ operation: WriteBatch.Operation,
        _ row: TaggedRow?,
        _ id: WriteID,
        if condition: BucketClient.Condition
    ) async throws(StoreError) -> WriteReceipt.Outcome? {
        var value: [UInt8]?
        var sum: Int64?
        switch operation.action {
        case .put(let bytes): value = bytes
        case .add(let amount):
            let present = row.flatMap { $0.isTombstone ? nil : $0.value }
            let number = try Counter.sum(of: present, and: amount, at: operation.key)
            sum = number
            value = Counter.encode(number)
        case .bury, .delete, .check: value = nil
        }
        let body = StoredObject.encode(value, nonce: id.nonce)
        guard let etag = try await client.put(layout.name(of: operation.key), body, if: condition) else { return nil }
        let revision = TaggedRow.revision(of: operation.key, nonce: id.nonce, etag: etag, in: identity)
        return WriteReceipt.Outcome(revision: revision, sum: sum)
    }
}
#endif
