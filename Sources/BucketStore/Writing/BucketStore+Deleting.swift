#if S3
public import KeyValue

extension BucketStore {
    /// Deletes what a listing has, in one request.
    public func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange {
        try range.validateForDeleting(in: capabilities)
        try requireOpen()
        let page = try await scan(range, ScanOptions(limit: limit, bytesMax: 1 << 20, keysOnly: true), after: cursor)
        let names = page.map { layout.name(of: $0.key) }
        if !names.isEmpty {
            try await admit(epoch: epoch)
            try await client.delete(names)
        }
        return DeletedRange(deleted: names.count, cursor: page.cursor)
    }
}
#endif
