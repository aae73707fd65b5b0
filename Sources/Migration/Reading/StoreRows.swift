public import KeyValue

/// The rows of a store that travel: its records, then the data half of reserved space. What belongs to the store
/// alone, the local half, is never among them.
///
/// Rows come in the order that `Capabilities.order` states, one space after the other. Pages that fail for a passing
/// reason are read again by the policy.
public struct StoreRows: RowSource {
    /// The spaces that travel.
    public static let spaces: [KeySpace] = [.records, .reservedData]

    private var pages: StorePages

    /// Reads `store` from its beginning.
    ///
    /// - Parameters:
    ///   - store: the store to read.
    ///   - options: how each page is read; `reverse` goes from the upper end of each space down.
    ///   - retries: how often a call that failed for a passing reason is made again.
    ///   - environment: time and randomness.
    public init(
        _ store: any KeyValueStore,
        _ options: ScanOptions,
        retries: RetryPolicy = RetryPolicy(),
        environment: StoreEnvironment = .live
    ) {
        self.init(store, options, from: nil, retries: retries, environment: environment)
    }

    init(
        _ store: any KeyValueStore,
        _ options: ScanOptions,
        from place: StorePlace?,
        retries: RetryPolicy,
        environment: StoreEnvironment
    ) {
        pages = StorePages(store, options, from: place, retries: retries, environment: environment)
    }

    /// Where to go on; nil at the end.
    var place: StorePlace? { pages.place }

    public mutating func nextPage() async throws(StoreError) -> [Row]? {
        guard let page = try await pages.nextPage() else { return nil }
        return [Row](page, in: page.space)
    }
}

extension [Row] {
    /// The rows of a page of `space`, copied out of it. Neighbours of one partition share its bytes.
    public init(_ page: ScanPage, in space: KeySpace) {
        var partition: [UInt8] = []
        self = page.map { row in
            if !row.partition.elementsEqual(partition) { partition = [UInt8](row.partition) }
            let key = Key(partition: partition, bytes: [UInt8](row.keyBytes), space: space)
            return Row(key: key, value: [UInt8](row.value), isTombstone: row.isTombstone)
        }
    }
}
