public import KeyValue

extension Copier {
    /// Throws `StoreError.Code.preconditionFailed` when the target has one of these keys, a tombstone there included.
    /// Nothing is written. A target without any rows is not asked for each.
    ///
    /// - Parameter rows: what is to be copied; their values do not matter. Read to their end, or not at all.
    public func checkVacancy(of rows: inout some RowSource) async throws(StoreError) {
        let target = RetryingStore(target, policy: options.retries, environment: environment)
        guard try await holdsAnything(target) else { return }
        // Few at a time, since nobody knows how long the values there are.
        let step = min(target.capabilities.limits.getKeysMax, 64)
        while let page = try await rows.nextPage() {
            if Task.isCancelled { throw .cancelled }
            for start in stride(from: 0, to: page.count, by: step) {
                let keys = page[start..<min(start + step, page.count)].map(\.key)
                let found = try await target.get(keys, ReadOptions(includesTombstones: true))
                guard let taken = found.compactMap({ $0 }).first else { continue }
                throw StoreError(
                    .preconditionFailed,
                    "The target already has this key: nothing was written, so choose to keep or to replace what is there.",
                    ["key": "\(taken.key)"]
                )
            }
        }
    }

    private func holdsAnything(_ target: RetryingStore) async throws(StoreError) -> Bool {
        let scan = ScanOptions(limit: 1, keysOnly: true, includesTombstones: true)
        for space in StoreRows.spaces {
            let page = try await target.scan(.all(in: space), scan, after: nil)
            if !page.isEmpty || page.cursor != nil { return true }
        }
        return false
    }
}
