import KeyValue
import Synchronization

/// A store as if no record lay in it yet, which writes what it is given in large batches: for filling.
final class GatheringStore: StoreDecorator {
    private struct Gathered {
        var operations: [WriteBatch.Operation] = []
        var bytes = 0
        var sums: [Key: Int64] = [:]
    }

    let base: any KeyValueStore
    private let gathered = Mutex(Gathered())

    init(_ base: any KeyValueStore) { self.base = base }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result { try await body() }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        if keys.contains(where: { $0.space != .records }) { return try await base.get(keys, options) }
        return keys.map { _ in nil }
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let isFull = gathered.withLock { gathered in
            for operation in batch.operations {
                if case .add(let amount) = operation.action {
                    gathered.sums[operation.key, default: 0] += amount
                    continue
                }
                gathered.operations.append(WriteBatch.Operation(operation.action, at: operation.key))
                if case .put(let value) = operation.action { gathered.bytes += value.count }
                gathered.bytes += operation.key.partition.count + operation.key.bytes.count
            }
            let limits = base.capabilities.limits
            return gathered.operations.count + 100 > min(4_000, limits.batchOperationsMax)
                || gathered.bytes > limits.batchBytesMax / 2
        }
        if isFull { try await flushOperations() }
        return WriteReceipt(batch.operations.map { _ in WriteReceipt.Outcome() })
    }

    /// Writes what is left, and the totals.
    func flush() async throws(StoreError) {
        try await flushOperations()
        let sums = gathered.withLock { gathered in
            defer { gathered.sums = [:] }
            return gathered.sums
        }
        for (key, amount) in sums {
            _ = try await base.write(WriteBatch([WriteBatch.Operation(.add(amount), at: key)]))
        }
    }

    private func flushOperations() async throws(StoreError) {
        let operations = gathered.withLock { gathered in
            defer { (gathered.operations, gathered.bytes) = ([], 0) }
            return gathered.operations
        }
        if !operations.isEmpty { _ = try await base.write(WriteBatch(operations)) }
    }
}

/// A store that remembers what was asked of it, so that the same can be asked of another without records.
final class ListeningStore: StoreDecorator {
    struct Calls {
        var gets: [[Key]] = []
        var scans: [(range: KeyRange, options: ScanOptions)] = []
        var batches: [WriteBatch] = []
    }

    let base: any KeyValueStore
    private let heard = Mutex(Calls())

    init(_ base: any KeyValueStore) { self.base = base }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result { try await body() }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        heard.withLock { $0.gets.append(keys) }
        return try await base.get(keys, options)
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after: Cursor?) async throws(StoreError) -> ScanPage {
        heard.withLock { $0.scans.append((range, options)) }
        return try await base.scan(range, options, after: after)
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        heard.withLock { $0.batches.append(batch) }
        return try await base.write(batch)
    }

    /// What was asked since the last call of this.
    func take() -> Calls {
        heard.withLock { calls in
            defer { calls = Calls() }
            return calls
        }
    }
}
