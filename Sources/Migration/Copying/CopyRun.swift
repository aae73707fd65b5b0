import KeyValue

/// One copy while it runs: reads pages, has chunks of them written side by side, and keeps the checkpoint.
struct CopyRun {
    /// What a child task came to.
    private enum Event: Sendable {
        /// Whether the chunk is one of those before the cut, and what became of it.
        case chunk(number: Int, Result<CopyReport, StoreError>)
        case checkpoint(Result<Void, StoreError>)
    }

    /// A place between two chunks that becomes a checkpoint once everything before it has been written.
    private struct Cut {
        var checkpoint: Checkpoint
        /// How many chunks lie before it, and how many of them are still being written.
        let chunks: Int
        var chunksLeft: Int
    }

    private let target: any KeyValueStore
    private let options: CopyOptions
    private let environment: StoreEnvironment
    private let report: @Sendable (Progress) -> Void
    private let began: Duration
    private let writer: ChunkWriter
    private var builder: ChunkBuilder
    private var total = CopyReport()
    private var chunksSent = 0
    private var chunksLeft = 0

    private var keeper: CheckpointKeeper?
    private var checkpointOptions: UInt8 = 0
    private var interval: Duration = .zero
    private var hasCheckpoint = false
    private var cut: Cut?
    private var cutAt: Duration

    init(
        _ target: any KeyValueStore,
        _ options: CopyOptions,
        _ environment: StoreEnvironment,
        _ report: @escaping @Sendable (Progress) -> Void
    ) {
        self.target = target
        self.options = options
        self.environment = environment
        self.report = report
        began = environment.now()
        cutAt = began
        writer = ChunkWriter(target: target, options: options, environment: environment)
        builder = ChunkBuilder(for: target.capabilities.limits, rowsMax: options.writeRowsMax)
    }

    /// Looks for a checkpoint, and keeps one from now on; where to go on.
    mutating func begin(
        _ checkpoints: CheckpointOptions,
        from source: any KeyValueStore,
        isSorted: Bool
    ) async throws(StoreError) -> Checkpoint.Place? {
        let keeper = CheckpointKeeper(checkpoints, target, options, environment)
        self.keeper = keeper
        checkpointOptions = keeper.options(isSorted: isSorted)
        interval = checkpoints.interval
        let (found, beginning) = try await keeper.find(in: source, isSorted: isSorted)
        let checkpoint = checkpoints.restarts ? nil : found
        checkpoints.onBeginning(checkpoints.restarts ? .first : beginning)
        guard let checkpoint else {
            // One that is of no use now must not be taken up by the next run either.
            if beginning != .first { try await keeper.remove() }
            return nil
        }
        hasCheckpoint = true
        total = checkpoint.report
        total.resumed = checkpoint.report.read
        return checkpoint.place
    }

    /// Copies all rows. `place` tells where to go on behind the pages that a source has delivered, of which this row
    /// was the last; nil where that can't be told.
    mutating func copy<Rows: RowSource>(
        _ rows: inout Rows,
        _ place: (Rows, Row) -> Checkpoint.Place?
    ) async throws(StoreError) -> CopyReport {
        let result = await withTaskGroup(of: Event.self) { group in
            do throws(StoreError) {
                return Result<CopyReport, StoreError>.success(try await run(&rows, place, in: &group))
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

    private mutating func run<Rows: RowSource>(
        _ rows: inout Rows,
        _ place: (Rows, Row) -> Checkpoint.Place?,
        in group: inout TaskGroup<Event>
    ) async throws(StoreError) -> CopyReport {
        while let page = try await rows.nextPage() {
            if Task.isCancelled { throw .cancelled }
            var last: Row?
            for row in page where options.includesTombstones || !row.isTombstone {
                total.read += 1
                if let error = builder.refusal(of: row) {
                    total.addFailure(row, error, listedMax: options.failuresListedMax)
                    continue
                }
                last = row
                if let chunk = builder.append(row) { try await send(chunk, in: &group) }
            }
            if keeper != nil, let last, environment.now() - cutAt >= interval, let place = place(rows, last) {
                try await makeCut(at: place, behind: last, in: &group)
            }
        }
        if let chunk = builder.finish() { try await send(chunk, in: &group) }
        while chunksLeft > 0 || cut != nil { try await settleOne(in: &group) }
        guard total.isWhole else {
            throw StoreError(.corrupted, "The target did not answer for every row: verify it before it is used.")
        }
        if hasCheckpoint { try await keeper?.remove() }
        return total
    }

    private mutating func send(_ chunk: [Row], in group: inout TaskGroup<Event>) async throws(StoreError) {
        while chunksLeft >= options.writesInFlightMax { try await settleOne(in: &group) }
        chunksLeft += 1
        chunksSent += 1
        let (writer, number) = (writer, chunksSent)
        group.addTask { () async -> Event in
            do throws(StoreError) {
                return .chunk(number: number, .success(try await writer.write(chunk)))
            } catch {
                return .chunk(number: number, .failure(error))
            }
        }
    }

    /// Waits for the next child task to end, and takes in what it did.
    private mutating func settleOne(in group: inout TaskGroup<Event>) async throws(StoreError) {
        switch await group.next() {
        case nil: return
        case .checkpoint(let result):
            try result.get()
            cut = nil
        case .chunk(let number, let result):
            let written = try result.get()
            chunksLeft -= 1
            total.add(written, listedMax: options.failuresListedMax)
            report(
                Progress(
                    .writing,
                    records: total.written + total.kept + total.failed,
                    bytes: total.bytesWritten,
                    elapsed: environment.now() - began
                )
            )
            if let chunks = cut?.chunks, number <= chunks {
                cut?.chunksLeft -= 1
                cut?.checkpoint.report.add(written, listedMax: 0)
                writeCheckpoint(in: &group)
            }
        }
    }

    /// Ends a chunk here, so that there is a place between two.
    private mutating func makeCut(
        at place: Checkpoint.Place,
        behind last: Row,
        in group: inout TaskGroup<Event>
    ) async throws(StoreError) {
        if let chunk = builder.finish() { try await send(chunk, in: &group) }
        // One that takes longer than the interval is waited for: rows come so slowly that nothing is lost by it.
        while cut != nil { try await settleOne(in: &group) }
        cutAt = environment.now()
        let hash = Checkpoint.hash(last.value, isTombstone: last.isTombstone)
        let checkpoint = Checkpoint(
            options: checkpointOptions,
            place: place,
            last: last.key,
            lastHash: hash,
            report: total
        )
        cut = Cut(checkpoint: checkpoint, chunks: chunksSent, chunksLeft: chunksLeft)
        writeCheckpoint(in: &group)
    }

    /// Writes the checkpoint when everything before it has been written.
    private mutating func writeCheckpoint(in group: inout TaskGroup<Event>) {
        guard let keeper, let cut, cut.chunksLeft == 0 else { return }
        hasCheckpoint = true
        let checkpoint = cut.checkpoint
        group.addTask { () async -> Event in
            do throws(StoreError) {
                return .checkpoint(.success(try await keeper.write(checkpoint)))
            } catch {
                return .checkpoint(.failure(error))
            }
        }
    }
}
