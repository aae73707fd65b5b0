#if SQLite
import KeyValue

/// Everything that a store holds: as a model of what was written, and as it is read back.
struct StoreContents: Sendable {
    /// What changes it in one atomic step.
    enum Change: Sendable {
        case batch(WriteBatch)
        case clearMarks([MarkID])
        case fence(Fence)
    }

    struct Row: Equatable, Sendable {
        var value: [UInt8]
        var isTombstone = false
        var id: WriteID?
    }

    var rows: [Key: Row] = [:]
    var marks: [MarkID: [Key]] = [:]
    var fence = Fence.open

    mutating func apply(_ change: Change) {
        switch change {
        case .fence(let fence): self.fence = fence
        case .clearMarks(let ids):
            for id in ids { marks[id] = nil }
        case .batch(let batch):
            for operation in batch.operations {
                switch operation.action {
                case .put(let value): rows[operation.key] = Row(value: value, id: batch.id)
                case .bury: rows[operation.key] = Row(value: [], isTombstone: true, id: batch.id)
                case .delete: rows[operation.key] = nil
                case .add(let amount):
                    let sum = number(at: operation.key) + amount
                    rows[operation.key] = Row(value: Counter.encode(sum), id: batch.id)
                case .check: break
                }
            }
            if let mark = batch.mark { marks[mark] = batch.operations.filter { $0.action != .check }.map(\.key) }
        }
    }

    /// The number of a counter; 0 when it is not there.
    func number(at key: Key) -> Int64 { rows[key].flatMap { Counter.decode($0.value) } ?? 0 }

    /// The first thing in which a store that was read differs from this model; nil for none.
    func difference(to found: Found) -> String? {
        if fence != found.fence { return "the fence is \(found.fence), not \(fence)" }
        if marks != found.marks { return "there are \(found.marks.count) marks, not these \(marks.count)" }
        for (key, row) in rows {
            guard let entry = found.entries[key] else { return "\(key) is missing" }
            if entry.value != row.value { return "\(key) has another value" }
            if entry.isTombstone != row.isTombstone { return "\(key) is a tombstone or not" }
            if let id = row.id, !entry.revision.isWritten(by: id) { return "\(key) has the revision of another batch" }
        }
        return found.entries.keys.first { rows[$0] == nil }.map { "\($0) should not be there" }
    }

    /// What a store told when it was read through.
    struct Found: Sendable {
        var entries: [Key: Entry] = [:]
        var marks: [MarkID: [Key]] = [:]
        var fence = Fence.open
    }
}

extension StoreContents.Found {
    init(reading store: some KeyValueStore) async throws(StoreError) {
        for space in KeySpace.allCases {
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(.all(in: space), ScanOptions(includesTombstones: true), after: cursor)
                for row in page { entries[row.key] = row.entry }
                cursor = page.cursor
            } while cursor != nil
        }
        for bin in try await store.bins() {
            fence = try await store.fence(of: bin)
            var cursor: Cursor?
            repeat {
                let page = try await store.marks(in: bin, limit: 100, after: cursor)
                for mark in page.marks { marks[mark.id] = mark.keys }
                cursor = page.cursor
            } while cursor != nil
        }
    }
}
#endif
