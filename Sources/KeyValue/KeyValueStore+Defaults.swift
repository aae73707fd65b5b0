extension KeyValueStore {
    /// Says that there are none.
    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        throw .noSnapshots
    }

    /// Says that there is none.
    public func feedPosition() async throws(StoreError) -> FeedPosition {
        throw .noFeed
    }

    /// Says that there is none.
    public func changes(since position: FeedPosition, limit: Int) async throws(StoreError) -> ChangePage? {
        throw .noFeed
    }

    /// Writes the batches one after the other. Stores that can do better do.
    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        results.reserveCapacity(batches.count)
        for batch in batches {
            do throws(StoreError) {
                results.append(.success(try await write(batch)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    /// Reads a page of keys and deletes them in batches of one key each, so that it works at every scope.
    public func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange {
        try range.validateForDeleting(in: capabilities)
        let page = try await scan(range, ScanOptions(limit: limit, keysOnly: true), after: cursor)
        let results = await write(
            each: page.map { WriteBatch([WriteBatch.Operation(.delete, at: $0.key)], epoch: epoch) }
        )
        var deleted = 0
        for result in results where try result.get().outcomes[0].existed ?? true { deleted += 1 }
        return DeletedRange(deleted: deleted, cursor: page.cursor)
    }

    /// Counts by scanning the keys, in pages.
    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range, options, keysOnly: true) { _ in 1 }
    }

    /// Sums by scanning, in pages.
    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await total(of: range, options, keysOnly: false) { $0.keyBytes.count + $0.value.count }
    }

    private func total(
        of range: KeyRange,
        _ options: ReadOptions,
        keysOnly: Bool,
        _ weight: (ScanPage.Row) -> Int
    ) async throws(StoreError) -> Measurement {
        let scanOptions = ScanOptions(
            limit: 4_096,
            bytesMax: 1 << 20,
            keysOnly: keysOnly,
            includesTombstones: options.includesTombstones
        )
        var total = 0
        var cursor: Cursor?
        repeat {
            let page = try await scan(range, scanOptions, after: cursor)
            total = page.reduce(total) { $0 + weight($1) }
            cursor = page.cursor
        } while cursor != nil
        return Measurement(total, .exact)
    }
}
