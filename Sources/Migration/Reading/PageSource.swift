import KeyValue

/// Anything that pages come from, one after the other.
protocol PageSource: Sendable {
    /// The next page, with at least one row; nil at the end. Throws `StoreError.Code.cancelled` when the calling task
    /// was cancelled.
    mutating func nextPage() async throws(StoreError) -> ScanPage?
}
