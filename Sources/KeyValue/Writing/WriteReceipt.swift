/// What an applied batch did.
public struct WriteReceipt: Hashable, Sendable {
    /// What one operation did.
    public struct Outcome: Hashable, Sendable {
        /// The revision of the row as it was written: for put, bury and add. Nil for delete and check, and where a
        /// batch that was sent again found itself applied already and the row has been overwritten since.
        public var revision: Revision?
        /// For delete: whether a live record was there. Nil for the other actions, where the store can't say
        /// (``Capabilities/reportsDeletes``), and where a batch that was sent again found itself applied already.
        public var existed: Bool?
        /// For add: the counter's new number.
        public var sum: Int64?

        /// An outcome from its parts.
        public init(revision: Revision? = nil, existed: Bool? = nil, sum: Int64? = nil) {
            self.revision = revision
            self.existed = existed
            self.sum = sum
        }
    }

    /// One outcome an operation, in the batch's order.
    public var outcomes: [Outcome]

    /// A receipt of these outcomes.
    public init(_ outcomes: [Outcome]) { self.outcomes = outcomes }
}
