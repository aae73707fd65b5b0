import KeyValue
import Tuples

/// Brings rows beside a record in line with the record as it is: what a crash has left, and what a change that came to
/// nothing has written. Every step is of one key, so that it works at every scope.
struct Repairer: Sendable {
    let writer: RecordWriter

    private var store: any KeyValueStore { writer.store }

    /// Brings the rows of an intent in line: false if others changed the record all the time.
    func settle(_ intent: IntentRow, _ shape: RecordShape) async throws -> Bool {
        for _ in 0..<RecordWriter.attemptsMax {
            if try await attempt(intent, shape) { return true }
        }
        return false
    }

    private func attempt(_ intent: IntentRow, _ shape: RecordShape) async throws -> Bool {
        let view = try await writer.schema?.view()
        let shape = view?.writing(shape) ?? shape
        let seen = try await writer.rows(at: intent.rows)
        let record = try await writer.read(intent.record, shape)
        let claim = ClaimRow(holder: intent.record).encoded
        var missing: [WriteBatch.Operation] = []
        var stale: [WriteBatch.Operation] = []
        var doubts: [WriteBatch.Operation] = []
        for key in intent.rows.sorted() {
            let entry = seen[key]
            let isThere = entry.map { !$0.isTombstone } ?? false
            switch RecordLayout.decode(key)?.kind {
            case .entry:
                if record.projection.entries.contains(key) {
                    if !isThere { missing.append(WriteBatch.Operation(.put([]), at: key)) }
                } else if isThere {
                    stale.append(removal(of: key, entry))
                }
            case .claim:
                guard isThere, entry?.value == claim, record.projection.claims[key] == nil else { continue }
                stale.append(removal(of: key, entry))
            case .total:
                if let doubt = RecordLayout.doubt(about: key) {
                    doubts.append(WriteBatch.Operation(.put([]), at: doubt))
                }
            default: continue
            }
        }
        guard writer.isHeld(view), try await write(missing) else { return false }
        var rewritten: Revision?
        if writer.rules.contains(.rewriteFirst) {
            switch await writer.write([record.rewriting]) {
            case .success(let receipt): rewritten = receipt.outcomes[0].revision
            case .failure(let error):
                guard RecordWriter.beginsAnew(error) else { throw error }
                return false
            }
        }
        guard writer.isHeld(view), try await write(stale + doubts) else { return false }
        if record.entry == nil, let rewritten, store.capabilities.conditionalDelete {
            // The tombstone has stopped whoever was on his way; nobody needs it any more.
            _ = await writer.write([WriteBatch.Operation(.delete, at: record.key, if: .revision(rewritten))])
        }
        return true
    }

    private func removal(of key: Key, _ entry: Entry?) -> WriteBatch.Operation {
        let precondition =
            writer.rules.contains(.compareRelease) ? entry.map { Precondition.revision($0.revision) } : nil
        return WriteBatch.Operation(store.capabilities.removal, at: key, if: precondition)
    }

    /// Writes rows one by one: false if one was no longer as it was seen.
    private func write(_ operations: [WriteBatch.Operation]) async throws(StoreError) -> Bool {
        guard !operations.isEmpty else { return true }
        var isWhole = true
        for result in await store.write(each: operations.map { WriteBatch([$0]) }) {
            guard case .failure(let error) = result else { continue }
            guard RecordWriter.beginsAnew(error) else { throw error }
            isWhole = false
        }
        return isWhole
    }
}
