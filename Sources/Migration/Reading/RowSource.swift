public import KeyValue

/// Anything that rows come from, page by page: a store, a sort, a file.
public protocol RowSource {
    /// The next rows, at least one, at most as many as fit a page of the source's own; nil at the end.
    ///
    /// Throws `StoreError.Code.cancelled` when the calling task was cancelled. After an error the source is of no
    /// further use.
    mutating func nextPage() async throws(StoreError) -> [Row]?
}
