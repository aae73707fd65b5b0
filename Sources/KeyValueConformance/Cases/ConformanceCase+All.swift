extension ConformanceCase {
    /// Every case, theme by theme.
    public static let all: [ConformanceCase] = [
        records, keys, limits, preconditions, tokens, races, batches, resending, separateWrites, counters, tombstones,
        scans, paging, partitionListings, measurements, rangeDeletion, spaces, fences, marks, feeds, cancellation,
        closing,
        reopening, openers, snapshots, crashes, faults, declarations, histories,
    ].flatMap(\.self)
}
