public import KeyValue

/// What a copy did. Every row that was read was written, kept or failed. What earlier runs did, behind whose checkpoint
/// this one began, is counted too.
public struct CopyReport: Sendable {
    /// A row that the target can't take.
    public struct Failure: Sendable {
        /// Its key.
        public let key: Key
        /// Why not.
        public let error: StoreError
    }

    /// Rows that were read, tombstones included.
    public internal(set) var read = 0
    /// Rows that were written.
    public internal(set) var written = 0
    /// Rows that were not written since the target has one at their key.
    public internal(set) var kept = 0
    /// Rows that the target can't take.
    public internal(set) var failed = 0
    /// Bytes of partitions, keys and values that were written.
    public internal(set) var bytesWritten = 0
    /// How many of the rows an earlier run is done with, so that this one did not read them.
    public internal(set) var resumed = 0
    /// The first of the failed rows of this run.
    public internal(set) var failures: [Failure] = []

    /// Whether every row that was read is accounted for.
    var isWhole: Bool { read == written + kept + failed }

    mutating func addWritten(_ row: Row) {
        written += 1
        bytesWritten += row.byteCount
    }

    mutating func addFailure(_ row: Row, _ error: StoreError, listedMax: Int) {
        failed += 1
        if failures.count < listedMax { failures.append(Failure(key: row.key, error: error)) }
    }

    mutating func add(_ other: CopyReport, listedMax: Int) {
        read += other.read
        written += other.written
        kept += other.kept
        failed += other.failed
        bytesWritten += other.bytesWritten
        failures += other.failures.prefix(max(0, listedMax - failures.count))
    }
}
