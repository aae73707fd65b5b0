public import KeyValue

/// Copies the rows of a store, or of any other source, into a store.
///
/// Records and the data half of reserved space travel, tombstones as tombstones; what belongs to the source alone (the
/// local half of reserved space, fences, marks) does not. Each row is written in a batch of its own under the
/// precondition that its key is vacant, unless existing rows are to be replaced, so a copy can be stopped at any row
/// and run again; with ``CheckpointOptions`` it goes on where it was. Reading and writing overlap. Memory is bounded: one page of the source, and
/// ``CopyOptions/writesInFlightMax`` + 1 chunks of at most 1 MiB or one row.
///
/// It is meant for a source and a target that nobody else writes. What is written to the source meanwhile may be
/// copied or not.
///
/// A row beyond the target's limits is counted and listed in the report, and the rest goes on. Everything else that
/// can't be mended by trying again ends the copy: above all a target that is fenced off or was moved away from, which is
/// found out before the first row is read.
public struct Copier: Sendable {
    let target: any KeyValueStore
    let options: CopyOptions
    let environment: StoreEnvironment
    private let report: @Sendable (Progress) -> Void

    /// Copies into `target`.
    ///
    /// - Parameters:
    ///   - target: the store to write to.
    ///   - options: what is written, and how.
    ///   - environment: time and randomness.
    ///   - progress: called on the copying task after each page that was sorted and each chunk that was
    ///     written.
    public init(
        to target: any KeyValueStore,
        options: CopyOptions = CopyOptions(),
        environment: StoreEnvironment = .live,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.target = target
        self.options = options
        self.environment = environment
        self.report = progress
    }

    /// Copies everything in `source` that travels.
    ///
    /// Rows go through a ``Sorter`` when the source delivers them in a weaker order than the target keeps, since an
    /// ordered store takes them much faster that way.
    ///
    /// - Parameters:
    ///   - source: the store to read.
    ///   - temporaryDirectory: where the sorter may spill to.
    ///   - checkpoints: how the copy goes on after it was killed and run again; nil to begin at the first row, always.
    ///     A copy that goes through the sorter reads everything again and writes what is behind the checkpoint. With
    ///     ``CopyOptions/Existing/fail`` there are none, since a second run fails at what the first has written, and
    ///     none in a target without a layout of its own (one without bins), which has no place for them.
    public func copy(
        from source: any KeyValueStore,
        temporaryDirectory: String,
        checkpoints: CheckpointOptions? = nil
    ) async throws(StoreError) -> CopyReport {
        try await checkTarget()
        let isSorted = source.capabilities.order < .store && target.capabilities.order > .none
        var run = CopyRun(target, options, environment, report)
        var place: Checkpoint.Place?
        if let checkpoints, options.onExisting != .fail, try await hasPlaceForCheckpoints() {
            place = try await run.begin(checkpoints, from: source, isSorted: isSorted)
        }
        let scan = ScanOptions(limit: 4_096, bytesMax: 1 << 20, includesTombstones: options.includesTombstones)
        if options.onExisting == .fail {
            var keys = scan
            keys.keysOnly = true
            var rows = StoreRows(source, keys, retries: options.retries, environment: environment)
            try await checkVacancy(of: &rows)
        }
        let start: StorePlace? = if case .cursor(let start) = place { start } else { nil }
        var rows = StoreRows(source, scan, from: start, retries: options.retries, environment: environment)
        guard isSorted else { return try await run.copy(&rows) { rows, _ in rows.place.map { .cursor($0) } } }
        var behind = RowsBehind(base: rows, key: nil)
        if case .key(let key) = place { behind.key = key }
        // A key that came and went while the source was read may have been delivered twice: the last is the latest.
        let sort = SortOptions(duplicates: .keepLast)
        var sorted = try await sort.sort(&behind, in: temporaryDirectory, environment: environment, progress: report)
        return try await run.copy(&sorted) { _, last in .key(last.key) }
    }

    /// Copies all rows of `rows` in the order of their keys. All are read before the first is written.
    ///
    /// - Parameters:
    ///   - rows: what is written; they need no order.
    ///   - sort: what becomes of rows with the same key, and how much memory the sorting may take.
    ///   - temporaryDirectory: where rows are spilled that do not fit into it.
    public func copy(
        _ rows: inout some RowSource,
        sorted sort: SortOptions,
        temporaryDirectory: String
    ) async throws(StoreError) -> CopyReport {
        try await checkTarget()
        var sorted = try await sort.sort(&rows, in: temporaryDirectory, environment: environment, progress: report)
        if options.onExisting == .fail {
            var keys = sorted
            try await checkVacancy(of: &keys)
        }
        return try await copy(&sorted)
    }

    /// Copies all rows of `rows`, of which no two may have the same key. They come once, so with
    /// ``CopyOptions/Existing/fail`` what comes before a key that is taken may be written; see ``checkVacancy(of:)``.
    public func copy(_ rows: inout some RowSource) async throws(StoreError) -> CopyReport {
        try await checkTarget()
        var run = CopyRun(target, options, environment, report)
        return try await run.copy(&rows) { _, _ in nil }
    }

    private func hasPlaceForCheckpoints() async throws(StoreError) -> Bool {
        try await !RetryingStore(target, policy: options.retries, environment: environment).bins().isEmpty
    }

    /// Throws unless the target takes writes of this copy's kind.
    private func checkTarget() async throws(StoreError) {
        guard options.onExisting == .replace || target.capabilities.conditionalWrite else {
            throw .unsupported(
                "The target can't tell whether a key is taken: copy into an empty one, and let it replace."
            )
        }
        let target = RetryingStore(target, policy: options.retries, environment: environment)
        for bin in try await target.bins() { try await target.fence(of: bin).admit(epoch: options.epoch) }
    }
}

/// The rows of a store that sort behind a key.
private struct RowsBehind: RowSource {
    var base: StoreRows
    var key: Key?

    mutating func nextPage() async throws(StoreError) -> [Row]? {
        while let page = try await base.nextPage() {
            guard let key else { return page }
            let rest = page.filter { key < $0.key }
            if !rest.isEmpty { return rest }
        }
        return nil
    }
}
