/// How far a long work has come.
public struct Progress: Hashable, Sendable {
    /// What is being done.
    public enum Phase: Hashable, Sendable {
        /// Rows are read.
        case reading
        /// Rows are read and put in order.
        case sorting
        /// Rows are written.
        case writing
        /// Rows are compared.
        case comparing
    }

    /// What is being done. Numbers begin anew with each phase.
    public let phase: Phase
    /// Records that are done with.
    public let records: Int
    /// Bytes of them.
    public let bytes: Int
    /// The time since the phase began.
    public let elapsed: Duration

    /// A state from its parts.
    public init(_ phase: Phase, records: Int, bytes: Int, elapsed: Duration) {
        self.phase = phase
        self.records = records
        self.bytes = bytes
        self.elapsed = elapsed
    }
}
