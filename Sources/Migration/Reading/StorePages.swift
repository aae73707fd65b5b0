import KeyValue

/// The pages of a store that travel: see ``StoreRows``, which copies their rows out.
struct StorePages: PageSource {
    private let store: RetryingStore
    private let options: ScanOptions
    private var spaces = StoreRows.spaces[...]
    private var cursor: Cursor?

    init(_ store: any KeyValueStore, _ options: ScanOptions, retries: RetryPolicy, environment: StoreEnvironment) {
        self.store = RetryingStore(store, policy: retries, environment: environment)
        self.options = options
    }

    mutating func nextPage() async throws(StoreError) -> ScanPage? {
        while let space = spaces.first {
            if Task.isCancelled { throw .cancelled }
            let page = try await store.scan(.all(in: space), options, after: cursor)
            cursor = page.cursor
            if cursor == nil { spaces.removeFirst() }
            if !page.isEmpty { return page }
        }
        return nil
    }
}
