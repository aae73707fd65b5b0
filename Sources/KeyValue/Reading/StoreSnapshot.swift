/// A store as it was at one moment: what a dump reads, page by page, while others write.
///
/// It may hold something of the store's, such as a transaction, until it is closed, so it is meant for works of minutes,
/// and is closed whatever happens. Its methods may be called from any task, concurrently.
public protocol StoreSnapshot: Sendable {
    /// Reads one page, as ``KeyValueStore/scan(_:_:after:)`` does, of the rows that were there when the snapshot was
    /// taken, all of them and nothing else.
    ///
    /// Throws ``StoreError/Code/unavailable`` when the store lost the snapshot: it does not come back, so the work that
    /// needs it begins anew.
    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage

    /// Lists partitions, as ``KeyValueStore/partitions(in:limit:after:)`` does, as they were at that moment.
    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage

    /// Lets go of it. Later calls throw ``StoreError/Code/unavailable``.
    func close() async
}
