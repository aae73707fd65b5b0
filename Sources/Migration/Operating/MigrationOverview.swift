public import KeyValue

/// Where a migration stands, as anybody can see who reaches the control store: neither of the two stores is asked.
public struct MigrationOverview: Sendable {
    /// How far the copying of one range has come.
    public struct Range: Hashable, Sendable {
        /// The space whose keys the range spans.
        public let space: KeySpace
        /// Rows that were read.
        public let rows: UInt64
        /// Bytes of keys and values of those rows.
        public let bytes: UInt64
        /// Whether the range has been copied to its end.
        public let isCopied: Bool
        /// What kept the copier from being faster when it was last heard of.
        public let limit: Throttle.Reason
    }

    /// A process that has the migrating store open.
    public struct Client: Hashable, Sendable {
        /// Random bits that tell it from others.
        public let id: UInt64
        /// The epoch that it has acknowledged; 0 before the first.
        public let epoch: UInt64
    }

    /// The migration's name.
    public let name: String
    /// When it stood so, in milliseconds since 1970 by the clock of whoever looked.
    public let milliseconds: UInt64
    /// The control record.
    public let record: ControlRecord
    /// The ranges that copying has begun with.
    public let ranges: [Range]
    /// Whether every range has been copied.
    public let isCopied: Bool
    /// What has been proven of what was copied.
    public let proof: ProofReport
    /// Those who have the migrating store open, and those who have gone without a word and are not forgotten yet.
    public let clients: [Client]
    /// The workers that have been heard of lately.
    public let workers: [WorkerReport]
    /// What holds for programs that write the source without this library; nil where none do.
    public let guarantee: ForeignGuarantee?
    /// What they have changed at the source since the switch, past its fence; at most 10,000.
    public let lateWrites: [LateWrite]
    /// Whether they may have changed something since the switch of which nothing tells, and nobody has acknowledged that.
    public let hasLateGap: Bool

    /// The worker that does what operators ask for.
    public var leader: WorkerReport? { workers.filter(\.isLeading).max { $0.milliseconds < $1.milliseconds } }

    /// About how many rows there are to copy.
    public var totalRows: UInt64 { record.expectedRecords }
    /// Rows that were read by copiers.
    public var rows: UInt64 { ranges.reduce(0) { $0 &+ $1.rows } }
    /// Bytes of keys and values of those rows.
    public var bytes: UInt64 { ranges.reduce(0) { $0 &+ $1.bytes } }
    /// How many clients have acknowledged the present mode.
    public var acknowledged: Int { clients.count { $0.epoch == record.epoch } }
    /// Whether every client has acknowledged the present mode, or is gone.
    public var isSettled: Bool { record.hasPassedBarrier }
    /// Whether the migration has ended, one way or the other, and no worker is needed any more.
    public var isOver: Bool { record.isOver }
    /// Whether the migration was given up.
    public var isAborted: Bool { record.state.isOver && record.mode == .source }

    /// Late writes that no operator has acknowledged, for which `finalize` is refused.
    public var unacknowledged: [LateWrite] { lateWrites.filter { !$0.isAcknowledged } }

    /// Whether a cutover would begin now, as far as can be told.
    public var isReadyToSwitch: Bool {
        guard record.mode == .captured, isSettled, isCopied, proof.debt == 0, let marks = leader?.marks else {
            return false
        }
        return marks <= record.plan.marksMax
    }

    /// How many rows are left of what is under way: of the copying, and then of the proof; nil where that can't be told.
    private var rowsLeft: UInt64? {
        if !isCopied { return totalRows >= rows ? totalRows - rows : nil }
        return proof.began != nil && proof.ended == nil ? proof.debt : nil
    }

    /// How long copying takes still at the rate of late, and once everything is copied, the proof of it; nil where that
    /// can't be told.
    public var remaining: Duration? {
        guard let rowsLeft, record.throttle.resting(at: milliseconds) == nil, let rate = leader?.rowsPerSecond, rate > 0
        else { return nil }
        return .seconds(Double(rowsLeft) / Double(rate))
    }

    /// What keeps the migration from going on by itself, the first thing first; empty for nothing.
    public var limits: [String] {
        var limits: [String] = []
        if isOver { return limits }
        if leader == nil { limits.append("no worker leads: start one where both stores can be opened") }
        if !isSettled {
            let behind = clients.count - acknowledged
            if behind > 0 { limits.append("\(behind) of \(clients.count) clients have not acknowledged the mode") }
        }
        if record.mode.isHeld { limits.append("writes are held") }
        if record.mode == .captured, !isCopied { limits += copyLimits.map(text) }
        if let late = lateText { limits.append(late) }
        limits += workers.map(\.hindrance).filter { !$0.isEmpty }
        return limits
    }

    private var lateText: String? {
        let count = unacknowledged.count
        guard record.mode == .switched, count > 0 || hasLateGap else { return nil }
        let what = hasLateGap ? "programs may have written the source unseen since the cutover" : ""
        let keys = count > 0 ? "programs have written \(count) keys of the source since the cutover" : ""
        return [keys, what].filter { !$0.isEmpty }.joined(separator: ", ") + ": finalize waits for foreign acknowledge"
    }

    /// What keeps copiers from being faster, as they say themselves; empty for the stores' own speed.
    public var copyLimits: [Throttle.Reason] {
        if let resting = record.throttle.resting(at: milliseconds) { return [resting] }
        let limits = Set(ranges.filter { !$0.isCopied }.map(\.limit)).subtracting([.none, .paused, .hours])
        return limits.sorted { $0.rawValue < $1.rawValue }
    }

    private func text(_ limit: Throttle.Reason) -> String {
        let throttle = record.throttle
        func figure(_ number: UInt64?) -> String { number.map { "\($0)" } ?? "another number of" }
        return switch limit {
        case .none: ""
        case .paused: "copying is paused"
        case .hours: "copying rests outside of its hours, \(throttle.hours?.description ?? "which have changed") UTC"
        case .rows: "throttled to \(figure(throttle.rowsPerSecondMax)) rows/s for each copier"
        case .bytes: "throttled to \(figure(throttle.bytesPerSecondMax)) bytes/s for each copier"
        case .latency:
            "the target takes longer than \(figure(throttle.latencyPercentMax)) % of its first time for a row"
        }
    }
}

extension ControlStore {
    /// For how long a worker counts as there that says nothing, on clocks that may differ a little.
    private static let silenceMax: UInt64 = 15_000

    /// Where the migration stands; throws as ``read()`` does.
    ///
    /// - Parameter milliseconds: the time since 1970, to tell which workers are still there.
    public func status(milliseconds: UInt64) async throws(StoreError) -> MigrationOverview {
        let record = try await read()
        let standing = try await standing()
        return MigrationOverview(
            name: name,
            milliseconds: milliseconds,
            record: record,
            ranges: try await ranges().map { _, range, _ in
                MigrationOverview.Range(
                    space: range.space,
                    rows: range.rows,
                    bytes: range.bytes,
                    isCopied: range.isCopied,
                    limit: range.limit
                )
            },
            isCopied: try await LiveCopier.isFinished(self),
            proof: try await proofReport(),
            clients: try await clients().map { id, registration, _ in
                MigrationOverview.Client(id: id, epoch: registration.epoch)
            },
            workers: try await workers().map(\.report).filter {
                $0.milliseconds.addingReportingOverflow(ControlStore.silenceMax).partialValue >= milliseconds
            },
            guarantee: standing?.guarantee,
            lateWrites: standing == nil ? [] : try await lateWrites(),
            hasLateGap: standing?.hasLateGap ?? false
        )
    }
}
