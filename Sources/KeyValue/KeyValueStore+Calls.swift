extension KeyValueStore {
    /// Reads one key.
    public func get(_ key: Key, _ options: ReadOptions = ReadOptions()) async throws(StoreError) -> Entry? {
        try await get([key], options)[0]
    }

    /// Reads keys, live records only.
    public func get(_ keys: [Key]) async throws(StoreError) -> [Entry?] {
        try await get(keys, ReadOptions())
    }

    /// Puts one value; the revision of what was written.
    @discardableResult
    public func put(
        _ value: [UInt8],
        at key: Key,
        if precondition: Precondition? = nil
    ) async throws(StoreError) -> Revision? {
        let batch = WriteBatch([WriteBatch.Operation(.put(value), at: key, if: precondition)])
        return try await write(batch).outcomes[0].revision
    }

    /// Deletes one key; whether a live record was there, if the store can say.
    @discardableResult
    public func delete(_ key: Key, if precondition: Precondition? = nil) async throws(StoreError) -> Bool? {
        try await write(WriteBatch([WriteBatch.Operation(.delete, at: key, if: precondition)])).outcomes[0].existed
    }

    /// Counts the live records of a range.
    public func count(_ range: KeyRange) async throws(StoreError) -> Measurement {
        try await count(range, ReadOptions())
    }

    /// Deletes all live records of a partition, step by step; how many there were.
    ///
    /// A task that is cancelled stops between two steps. What is left can be deleted by calling again.
    @discardableResult
    public func dropPartition(_ partition: [UInt8], epoch: UInt64? = nil) async throws(StoreError) -> Int {
        var deleted = 0
        var cursor: Cursor?
        repeat {
            let step = try await delete(.partition(partition), limit: 1_000, epoch: epoch, after: cursor)
            deleted += step.deleted
            cursor = step.cursor
        } while cursor != nil
        return deleted
    }
}
