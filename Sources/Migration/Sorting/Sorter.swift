public import KeyValue

/// Sorts any number of rows by key in bounded memory: sorted runs in temporary files, which are then merged.
///
/// What fits into one run never touches the disk. The files have no names and vanish with the sorter and its rows, on
/// every path. Rows need room on disk once, and a second time while runs are merged into larger ones.
///
/// Files are written and read on the calling task, in pieces of at most 1 MiB between which it gives way to others and
/// looks whether it was cancelled. The longest computation in one piece is the sorting of one run in memory.
///
/// Errors are `StoreError.Code.full`, `StoreError.Code.permissionDenied`, `StoreError.Code.invalidArgument` for
/// a directory that is not there, `StoreError.Code.corrupted` for a file that was cut short, and
/// `StoreError.Code.cancelled`.
public struct Sorter {
    private let directory: String
    private let options: SortOptions
    private var buffer: RunBuffer
    private var runs: [SpilledRun] = []
    private var planner: MergePlanner
    private var rowsInMemoryMax = 0
    /// A run of more is for those who have much memory.
    private static let reservedBytesMax = 256 << 20

    /// A sorter that spills to `directory`.
    public init(directory: String, options: SortOptions) {
        self.directory = directory
        self.options = options
        buffer = RunBuffer(reservingBytes: min(options.runBytesMax, Sorter.reservedBytesMax))
        planner = MergePlanner(fanInMax: options.fanInMax)
    }

    /// Takes in one row. Mostly a copy in memory; a row that completes a run, or does not fit into it, has it sorted and
    /// written.
    public mutating func append(_ row: Row) async throws(StoreError) {
        let hasRoom = buffer.bytes.count + RowCoding.byteCount(of: row) <= options.runBytesMax
        if !hasRoom, !buffer.isEmpty { try await spill() }
        try buffer.append(row)
        rowsInMemoryMax = max(rowsInMemoryMax, buffer.count)
        if buffer.count >= options.runRowsMax || buffer.bytes.count >= options.runBytesMax { try await spill() }
    }

    /// Ends the taking in; the rows in the order of their keys.
    public consuming func finish() async throws(StoreError) -> SortedRows {
        var merge: RunMerge?
        if runs.isEmpty {
            buffer.sort()
        } else {
            if !buffer.isEmpty { try await spill() }
            buffer = RunBuffer()
            while let count = planner.nextFinalMerge() { try await mergeNewest(count) }
            merge = try RunMerge(runs)
        }
        let rows = try SortedRows(
            buffer,
            merge,
            duplicates: options.duplicates,
            rowsInMemoryMax: max(rowsInMemoryMax, merge?.rowsInMemory ?? 0)
        )
        if options.duplicates == .refuse {
            var ahead = rows
            while try await ahead.nextPage() != nil { await Task.yield() }
        }
        return rows
    }

    private mutating func spill() async throws(StoreError) {
        buffer.sort()
        var writer = RunWriter(try SpillFile(in: directory))
        var index = 0
        while let row = buffer.row(at: index) {
            try writer.append(row)
            index += 1
            if writer.isFull { try await flush(&writer) }
        }
        buffer.removeAll()
        runs.append(try writer.finish())
        planner.addRun()
        while let count = planner.nextMerge() { try await mergeNewest(count) }
    }

    private mutating func mergeNewest(_ count: Int) async throws(StoreError) {
        var merge = try RunMerge(runs.suffix(count))
        var writer = RunWriter(try SpillFile(in: directory))
        while let row = try merge.next() {
            try writer.append(row)
            if writer.isFull { try await flush(&writer) }
        }
        let merged = try writer.finish()
        rowsInMemoryMax = max(rowsInMemoryMax, count)
        runs.removeLast(count)
        runs.append(merged)
    }

    private func flush(_ writer: inout RunWriter) async throws(StoreError) {
        if Task.isCancelled { throw .cancelled }
        try writer.flush()
        await Task.yield()
    }
}
