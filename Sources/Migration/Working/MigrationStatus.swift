public import KeyValue

/// Where a migration is, for whoever watches it.
public struct MigrationStatus: Hashable, Sendable {
    /// The control record.
    public var record: ControlRecord
    /// Whether the barrier of the present mode is complete: every client has acknowledged it.
    public var hasPassedBarrier: Bool
    /// Into how many ranges the source was split; nil before copying began.
    public var ranges: Int?
    /// How many of them have been copied to their ends.
    public var rangesCopied: Int
    /// How many rows of the source have been copied.
    public var rows: UInt64
    /// How many bytes of partitions, keys and values they have.
    public var bytes: UInt64
    /// Whether everything has been copied.
    public var isCopied: Bool
    /// What has been proven.
    public var proof: ProofReport
    /// How many marks there are to be carried over; of each bin no more are counted than writes may be held for.
    public var marks: UInt64
    /// How many clients are registered.
    public var clients: Int
    /// What keeps copying from going faster; empty when it is over, or nothing does.
    public var limits: Set<Throttle.Reason>
}

extension MigrationController {
    /// Where the migration is. It reads the rows of the control store and the marks, nothing else.
    public func status() async throws(StoreError) -> MigrationStatus {
        let record = try await record()
        let layout = try await stores.control.readLayout()
        let ranges = try await stores.control.ranges().map(\.range)
        let isCopied = try await LiveCopier.isFinished(stores.control)
        var limits: Set<Throttle.Reason> = []
        if !isCopied {
            if let resting = record.throttle.resting(at: milliseconds()) {
                limits = [resting]
            } else {
                limits = Set(ranges.filter { !$0.isCopied }.map(\.limit)).subtracting([.none])
            }
        }
        return MigrationStatus(
            record: record,
            hasPassedBarrier: record.hasPassedBarrier,
            ranges: layout?.ranges.count,
            rangesCopied: ranges.count(where: \.isCopied),
            rows: ranges.reduce(0) { $0 + $1.rows },
            bytes: ranges.reduce(0) { $0 + $1.bytes },
            isCopied: isCopied,
            proof: try await stores.control.proofReport(),
            marks: try await marksLeft(record),
            clients: try await stores.control.clients().count,
            limits: limits
        )
    }
}
