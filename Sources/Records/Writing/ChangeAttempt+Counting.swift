import KeyValue
import Tuples

/// What a change does about totals that are being built. ``TotalBuilder`` tells why.
extension ChangeAttempt {
    /// The rows that say whether the record is counted already. They are read after the record, so that they belong to
    /// it if it is still as it was read.
    func countingKeys(_ layout: RecordLayout, _ capabilities: Capabilities) throws(RecordError) -> Set<Key> {
        guard helpsCounting(capabilities) else { return [] }
        var keys: Set<Key> = []
        for name in shape.counting.keys {
            let name = shape.name + "/" + name
            keys.insert(try layout.key(.counting, name, [], in: row.key.partition))
            keys.insert(try mark(of: name, layout))
            guard !capabilities.integerAdd else { continue }
            let counted = after.keeping(name)
            keys.formUnion(counted.totals.keys)
            for publication in counted.publications.values { keys.formUnion([publication.published, publication.sum]) }
        }
        return keys
    }

    /// Adds the whole record to totals that have not counted it, instead of what changes, and marks it as counted.
    mutating func helpCounting(
        _ layout: RecordLayout,
        _ rules: WriteRules,
        _ capabilities: Capabilities
    ) throws(RecordError) {
        guard helpsCounting(capabilities) else { return }
        var before = row.projection
        var now = after
        for (name, epoch) in shape.counting.sorted(by: { $0.key < $1.key }) {
            let name = shape.name + "/" + name
            let key = try layout.key(.counting, name, [], in: row.key.partition)
            let progress = try CountingRow(seen[key], of: epoch.generation)
            if progress?.phase == .done { continue }
            if rules.contains(.checkCounting) {
                let unchanged: Precondition = seen[key].map { .revision($0.revision) } ?? .vacant
                counting.append(WriteBatch.Operation(.check, at: key, if: unchanged))
            }
            if progress?.phase == .atOnce { continue }
            if let progress, !ByteOrder.precedes(progress.position, row.key.bytes) { continue }
            let mark = try mark(of: name, layout)
            if let entry = seen[mark], !entry.isTombstone, entry.value == epoch.mark { continue }
            before = before.leavingOut(name)
            if epoch.phase == .waiting || !rules.contains(.countSelf) {
                now = now.leavingOut(name)
            } else if receipt.version != nil {
                counting.append(WriteBatch.Operation(.put(epoch.mark), at: mark))
            }
        }
        plan = try ChangePlan(from: before, to: now, of: row.key, capabilities, beside: counting.count)
    }

    /// An entering leaves the record as it is, and where a batch is of one key, totals are counted anew.
    private func helpsCounting(_ capabilities: Capabilities) -> Bool {
        capabilities.batchScope >= .partition && !isEntering && !shape.counting.isEmpty
    }

    private func mark(of name: String, _ layout: RecordLayout) throws(RecordError) -> Key {
        try layout.key(.counted, name, [.bytes(row.key.bytes)], in: row.key.partition)
    }
}
