public import KeyValue

/// Anything that bytes are written to, one after the other.
public protocol ByteSink {
    /// Returns when they were taken.
    mutating func write(_ bytes: [UInt8]) async throws(StoreError)
}

/// How a store is dumped.
public struct DumpOptions: Sendable {
    /// When the dump is made, in seconds since the beginning of 1970, UTC.
    public var createdSeconds: UInt64
    /// Whether tombstones are dumped.
    public var includesTombstones: Bool
    /// How hard zstd tries, from 1 on.
    public var compressionLevel: Int
    /// How often what failed for a passing reason is tried again where there is no snapshot.
    public var retries: RetryPolicy

    /// Dumps tombstones, at level 1, unless said otherwise.
    public init(
        createdSeconds: UInt64,
        includesTombstones: Bool = true,
        compressionLevel: Int = 1,
        retries: RetryPolicy = RetryPolicy()
    ) {
        self.createdSeconds = createdSeconds
        self.includesTombstones = includesTombstones
        self.compressionLevel = compressionLevel
        self.retries = retries
    }
}

/// Writes everything in a store that travels as a stream of bytes: records, and the data half of reserved space.
///
/// It reads a snapshot where the store has them, so that everything is of one moment; otherwise the store as it is, page
/// by page, and ``DumpHeader/isSnapshot`` says so. What belongs to the store alone (the local half of reserved space,
/// fences, marks) is not dumped. Memory is bounded: one page, and one block of half a MiB or one row.
public struct Dumper: Sendable {
    private let store: any KeyValueStore
    private let options: DumpOptions
    private let environment: StoreEnvironment
    private let report: @Sendable (Progress) -> Void

    /// Dumps `store`.
    ///
    /// - Parameters:
    ///   - store: the store to read.
    ///   - options: what is written, and how.
    ///   - environment: time and randomness.
    ///   - progress: called on the dumping task after each page.
    public init(
        _ store: any KeyValueStore,
        options: DumpOptions,
        environment: StoreEnvironment = .live,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.store = store
        self.options = options
        self.environment = environment
        report = progress
    }

    /// Reads all rows and gives each page to `body`, after the header. The snapshot is closed whatever happens.
    public func read(
        _ body: (DumpHeader, [Row]) async throws(StoreError) -> Void
    ) async throws(StoreError) {
        let snapshot = store.capabilities.snapshots ? try await store.snapshot() : nil
        do throws(StoreError) {
            try await read(snapshot, body)
        } catch {
            await snapshot?.close()
            throw error
        }
        await snapshot?.close()
    }

    private func read(
        _ snapshot: (any StoreSnapshot)?,
        _ body: (DumpHeader, [Row]) async throws(StoreError) -> Void
    ) async throws(StoreError) {
        let header = DumpHeader(
            system: store.system,
            createdSeconds: options.createdSeconds,
            isSnapshot: snapshot != nil,
            includesTombstones: options.includesTombstones,
            // Only then is it certain that no key comes twice.
            isOrdered: snapshot != nil && store.capabilities.order == .store
        )
        let scan = ScanOptions(limit: 1_024, bytesMax: 256 << 10, includesTombstones: options.includesTombstones)
        let retrying = RetryingStore(store, policy: options.retries, environment: environment)
        var tracker = ProgressTracker(.reading, environment, report)
        try await body(header, [])
        for space in StoreRows.spaces {
            var cursor: Cursor?
            repeat {
                if Task.isCancelled { throw .cancelled }
                let page: ScanPage
                if let snapshot {
                    page = try await snapshot.scan(.all(in: space), scan, after: cursor)
                } else {
                    page = try await retrying.scan(.all(in: space), scan, after: cursor)
                }
                if !page.isEmpty { try await body(header, [Row](page, in: space)) }
                tracker.add(page)
                cursor = page.cursor
            } while cursor != nil
        }
    }

    /// Writes the dump to `sink`; what is in it.
    public func write(to sink: inout some ByteSink) async throws(StoreError) -> DumpSummary {
        var encoder: DumpEncoder?
        // Taken out for the time, since a closure can't capture what is passed in and out.
        var output = sink
        defer { sink = output }
        try await read { (header, rows) async throws(StoreError) in
            guard encoder != nil else {
                let new = try DumpEncoder(header, level: options.compressionLevel)
                encoder = new
                return try await output.write(new.header)
            }
            for row in rows {
                if let block = try encoder?.append(row) { try await output.write(block) }
            }
        }
        guard let end = try encoder?.finish() else { throw .cancelled }
        try await output.write(end)
        return encoder?.summary ?? DumpSummary()
    }
}
