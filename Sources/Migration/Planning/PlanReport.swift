public import KeyValue

/// What a migration would meet with, found out before anything is changed.
public struct PlanReport: Hashable, Sendable, Codable {
    /// Something that stands in the way of a migration, or that whoever plans it should know.
    public enum Finding: String, Hashable, Sendable, Codable, CaseIterable {
        /// Source and target are one store.
        case sameStore = "source and target are one store: name another target"
        /// The control record would lie in one of both.
        case controlInside =
            "the control store is the source or the target, which are fenced: name another, or another part of its server"
        /// There are records in the target.
        case targetNotEmpty = "the target is not empty: name an empty store"
        /// There is a migration of this name.
        case nameTaken = "there is a migration of this name already: choose another"
        /// A record would not fit into the target.
        case recordTooLarge = "a record is beyond the target's limits: shorten it, or choose another target"
        /// A service needs batches of a wider scope than both stores have.
        case scopeTooNarrow = "the stores' batches have a narrower scope than what was declared: choose another target"
        /// Something of the source is written by others and not captured.
        case notCaptured = "not every change that other programs make to the source is captured: install capture again"
        /// A store that only excludes writers: a failover of its servers may lose what was acknowledged.
        case failoverLoses = "a failover of a store's servers may lose acknowledged writes: let none happen meanwhile"
        /// The target loses on a crash what the source keeps.
        case lessDurable = "the target is less durable than the source: see its server's settings"
        /// A store whose fence is a lease.
        case heldForLease =
            "a store is fenced by a lease, for which a switch holds writes: shorten the time limit of its calls"

        /// Whether no migration is begun as long as it is so.
        public var isRefusal: Bool { ![.failoverLoses, .lessDurable, .heldForLease].contains(self) }
    }

    /// What was found, the worst first.
    public var findings: [Finding] = []
    /// The first record that the target can't hold, if there is one.
    public var tooLarge: ProofReport.Found?
    /// What holds for programs that write the source without this library; nil where it is one that they don't write.
    public var guarantee: ForeignGuarantee?
    /// How many records would be moved.
    public var records: UInt64 = 0
    /// How many bytes of keys and values they have.
    public var bytes: UInt64 = 0
    /// Whether these two were counted. They are estimates otherwise.
    public var isCounted = false
    /// How many seconds it would take to read the source once, at the rate of what was read for this report; nil when
    /// nothing was read.
    public var readingSeconds: Double?

    /// What writing all of it to the target is billed as; nil where its operator bills nothing. Changes that are made
    /// meanwhile, and proving that nothing was lost, come on top.
    public var loading: BilledUnits?

    /// Whether a migration can begin.
    public var isAcceptable: Bool { !findings.contains(where: \.isRefusal) }
}
