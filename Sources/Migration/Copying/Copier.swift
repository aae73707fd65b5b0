public import KeyValue

/// Copies the rows of a store, or of any other source, into a store.
///
/// Records and the data half of reserved space travel, tombstones as tombstones; what belongs to the source alone (the
/// local half of reserved space, fences, marks) does not. Each row is written in a batch of its own under the
/// precondition that its key is vacant, unless existing rows are to be replaced, so a copy can be stopped at any row
/// and run again. Reading and writing overlap. Memory is bounded: one page of the source, and
/// ``CopyOptions/writesInFlightMax`` + 1 chunks of at most 1 MiB or one row.
///
/// It is meant for a source and a target that nobody else writes. What is written to the source meanwhile may be
/// copied or not.
///
/// A row beyond the target's limits is counted and listed in the report, and the rest goes on. Everything else that
/// can't be mended by trying again ends the copy: above all a target that is fenced off or was moved away from, which is
/// found out before the first row is read.
public struct Copier: Sendable {
    private let target: any KeyValueStore
    private let options: CopyOptions
    private let environment: StoreEnvironment
    private let report: @Sendable (Progress) -> Void

    /// Copies into `target`.
    ///
    /// - Parameter progress: called on the copying task after each page that was sorted and each chunk that was
    ///   written.
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
    /// - Parameter temporaryDirectory: where the sorter may spill to.
    public func copy(
        from source: any KeyValueStore,
        temporaryDirectory: String
    ) async throws(StoreError) -> CopyReport {
        let scan = ScanOptions(limit: 1_024, bytesMax: 256 << 10, includesTombstones: options.includesTombstones)
        var rows = StoreRows(source, scan, retries: options.retries, environment: environment)
        guard source.capabilities.order < .store, target.capabilities.order > .none else {
            return try await copy(&rows)
        }
        // A key that came and went while the source was read may have been delivered twice: the last is the latest.
        return try await copy(&rows, sorted: SortOptions(duplicates: .keepLast), temporaryDirectory: temporaryDirectory)
    }

    /// Copies all rows of `rows` in the order of their keys. All are read before the first is written.
    ///
    /// - Parameters:
    ///   - sort: what becomes of rows with the same key, and how much memory the sorting may take.
    ///   - temporaryDirectory: where rows are spilled that do not fit into it.
    public func copy(
        _ rows: inout some RowSource,
        sorted sort: SortOptions,
        temporaryDirectory: String
    ) async throws(StoreError) -> CopyReport {
        try await checkTarget()
        var sorted = try await sort.sort(&rows, in: temporaryDirectory, environment: environment, progress: report)
        return try await copy(&sorted)
    }

    /// Copies all rows of `rows`, of which no two may have the same key.
    public func copy(_ rows: inout some RowSource) async throws(StoreError) -> CopyReport {
        try await checkTarget()
        let result = await withTaskGroup(of: Result<CopyReport, StoreError>.self) { group in
            do throws(StoreError) {
                return Result<CopyReport, StoreError>.success(try await run(&rows, in: &group))
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }
        do throws(StoreError) {
            return try result.get()
        } catch {
            guard error.code == .cancelled else { throw error }
            throw StoreError(.cancelled, "The copy was stopped before its end: run it again to finish it.")
        }
    }

    private func run(
        _ rows: inout some RowSource,
        in group: inout TaskGroup<Result<CopyReport, StoreError>>
    ) async throws(StoreError) -> CopyReport {
        let writer = ChunkWriter(target: target, options: options, environment: environment)
        let began = environment.now()
        var chunks = ChunkBuilder(for: target.capabilities.limits, rowsMax: options.writeRowsMax)
        var total = CopyReport()
        var inFlight = 0

        func settleOne() async throws(StoreError) {
            guard let result = await group.next() else { return }
            inFlight -= 1
            total.add(try result.get(), listedMax: options.failuresListedMax)
            report(
                Progress(
                    .writing,
                    records: total.written + total.kept + total.failed,
                    bytes: total.bytesWritten,
                    elapsed: environment.now() - began
                )
            )
        }

        func send(_ chunk: [Row]) async throws(StoreError) {
            if inFlight >= options.writesInFlightMax { try await settleOne() }
            inFlight += 1
            group.addTask { () async -> Result<CopyReport, StoreError> in
                do throws(StoreError) {
                    return .success(try await writer.write(chunk))
                } catch {
                    return .failure(error)
                }
            }
        }

        while let page = try await rows.nextPage() {
            if Task.isCancelled { throw .cancelled }
            for row in page where options.includesTombstones || !row.isTombstone {
                total.read += 1
                if let error = chunks.refusal(of: row) {
                    total.addFailure(row, error, listedMax: options.failuresListedMax)
                } else if let chunk = chunks.append(row) {
                    try await send(chunk)
                }
            }
        }
        if let chunk = chunks.finish() { try await send(chunk) }
        while inFlight > 0 { try await settleOne() }
        guard total.isWhole else {
            throw StoreError(.corrupted, "The target did not answer for every row: verify it before it is used.")
        }
        return total
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
