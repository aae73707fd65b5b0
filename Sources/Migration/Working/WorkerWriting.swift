import KeyValue

extension Slot where Value == [UInt8], Token == Revision {
    /// What is at a key, tombstones included.
    init(_ entry: Entry?) {
        guard let entry else {
            self = .vacant
            return
        }
        self = entry.isTombstone ? .buried(entry.revision) : .live(entry.value, entry.revision)
    }
}

extension WriteBatch.Operation {
    init(_ write: WorkerWrite<[UInt8], Revision>, at key: Key) {
        let action: WriteBatch.Action =
            switch write.action {
            case .put(let value): .put(value)
            case .bury: .bury
            case .remove: .delete
            }
        let precondition: Precondition? =
            switch write.condition {
            case .anything: nil
            case .vacant: .vacant
            case .token(let revision): .revision(revision)
            }
        self.init(action, at: key, if: precondition)
    }
}

extension KeyValueStore {
    /// Reads keys, tombstones included, in as many calls as the store's limits ask for.
    func slots(of keys: [Key]) async throws(StoreError) -> [Slot<[UInt8], Revision>] {
        let step = max(1, capabilities.limits.getKeysMax)
        var slots: [Slot<[UInt8], Revision>] = []
        slots.reserveCapacity(keys.count)
        for start in stride(from: 0, to: keys.count, by: step) {
            let some = Array(keys[start..<min(start + step, keys.count)])
            for entry in try await get(some, ReadOptions(includesTombstones: true)) { slots.append(Slot(entry)) }
        }
        return slots
    }

    /// Writes rows, each by itself, as a worker of an epoch. Throws when the epoch is over, and what else has nothing to
    /// do with a single row.
    func write(
        _ writes: [(key: Key, write: WorkerWrite<[UInt8], Revision>)],
        epoch: UInt64
    ) async throws(StoreError) -> [WorkerWriteFate] {
        let batches = writes.map { WriteBatch([WriteBatch.Operation($0.write, at: $0.key)], epoch: epoch) }
        var fates: [WorkerWriteFate] = []
        for result in await write(each: batches) {
            switch result {
            case .success: fates.append(.written)
            case .failure(let error) where error.code == .preconditionFailed: fates.append(.refused)
            case .failure(let error) where error.code == .outcomeUnknown: fates.append(.unknown)
            case .failure(let error): throw error
            }
        }
        return fates
    }
}

/// What became of a worker's write.
enum WorkerWriteFate: Hashable, Sendable {
    /// It took effect.
    case written
    /// It did not, since the row was not as it had to be.
    case refused
    /// It may take effect, or have taken it.
    case unknown
}
