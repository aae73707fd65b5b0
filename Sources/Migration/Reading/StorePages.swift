import KeyValue

/// The pages of a store that travel: see ``StoreRows``, which copies their rows out.
struct StorePages: PageSource {
    private let store: RetryingStore
    private let options: ScanOptions
    private var spaces = StoreRows.spaces[...]
    private var cursor: Cursor?

    /// Where to go on; nil at the end.
    var place: StorePlace? { spaces.first.map { StorePlace(space: $0, cursor: cursor) } }

    init(
        _ store: any KeyValueStore,
        _ options: ScanOptions,
        from place: StorePlace? = nil,
        retries: RetryPolicy,
        environment: StoreEnvironment
    ) {
        self.store = RetryingStore(store, policy: retries, environment: environment)
        self.options = options
        guard let place else { return }
        spaces = spaces.drop { $0 != place.space }
        cursor = place.cursor
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

/// How far the reading of a store has come.
struct StorePlace: Hashable, Sendable {
    /// The space that is being read.
    var space: KeySpace
    /// Where in it to go on; nil for its beginning.
    var cursor: Cursor?
}
