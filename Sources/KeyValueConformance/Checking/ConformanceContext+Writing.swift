import KeyValue

extension ConformanceContext {
    /// Writes one operation.
    @discardableResult
    func write(
        _ action: WriteBatch.Action,
        at key: Key,
        if precondition: Precondition? = nil
    ) async throws(StoreError) -> WriteReceipt.Outcome {
        let batch = WriteBatch([WriteBatch.Operation(action, at: key, if: precondition)])
        return try await writeAgain(batch).outcomes[0]
    }

    /// Puts.
    func put(_ value: [UInt8], at key: Key, if precondition: Precondition? = nil) async throws {
        let outcome = try await write(.put(value), at: key, if: precondition)
        if offers(.revisions) { _ = try require(outcome.revision, "the revision of a put") }
    }

    /// Puts, and gives the revision of what was put.
    func revision(
        putting value: [UInt8],
        at key: Key,
        if precondition: Precondition? = nil
    ) async throws -> Revision {
        try require(try await write(.put(value), at: key, if: precondition).revision, "the revision of a put")
    }

    /// Puts a tombstone, and gives its revision.
    @discardableResult
    func bury(_ key: Key) async throws -> Revision {
        try require(try await write(.bury, at: key).revision, "the revision of a tombstone")
    }

    /// Writes many records, each by itself, and waits until they show.
    func fill(_ records: [(key: Key, value: [UInt8])]) async throws {
        let batches = records.map { WriteBatch([WriteBatch.Operation(.put($0.value), at: $0.key)]) }
        for start in stride(from: 0, to: batches.count, by: 100) {
            for result in await store.write(each: Array(batches[start...].prefix(100))) { _ = try result.get() }
        }
        try await settle()
    }

    /// The same with keys alone; each value tells its key.
    func fill(_ keys: [Key]) async throws {
        try await fill(keys.map { ($0, ConformanceContext.value(of: $0)) })
    }

    static func value(of key: Key) -> [UInt8] { Array("value of \(key)".utf8) }

    /// Sends a batch again after errors that are sure to pass, which many writers at one key may cause.
    func writeAgain(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        for _ in 0..<100 {
            do throws(StoreError) {
                return try await store.write(batch)
            } catch {
                guard [.throttled, .locked, .timedOut].contains(error.code) else { throw error }
                await Task.yield()
            }
        }
        return try await store.write(batch)
    }

    /// Writes a batch; nil when its preconditions did not hold.
    func attempt(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt? {
        do throws(StoreError) {
            return try await writeAgain(batch)
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return nil
        }
    }

    /// The same with one operation.
    func attempt(
        _ action: WriteBatch.Action,
        at key: Key,
        if precondition: Precondition
    ) async throws(StoreError) -> WriteReceipt.Outcome? {
        try await attempt(WriteBatch([WriteBatch.Operation(action, at: key, if: precondition)]))?.outcomes[0]
    }
}
