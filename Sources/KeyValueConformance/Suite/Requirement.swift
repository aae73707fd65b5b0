public import KeyValue

/// Something that a case takes for granted. As data, so that a report can say why a case does not apply.
public enum Requirement: Hashable, Sendable {
    /// `Capabilities.conditionalWrite`.
    case conditionalWrite
    /// `Capabilities.conditionalDelete`.
    case conditionalDelete
    /// `Capabilities.integerAdd`.
    case integerAdd
    /// `Capabilities.snapshotReads`.
    case snapshotReads
    /// `Capabilities.snapshots`.
    case snapshots
    /// `Capabilities.reverseScan`.
    case reverseScan
    /// `Capabilities.marks`.
    case marks
    /// `Capabilities.changeFeed`.
    case changeFeed
    /// `Capabilities.fencing` of the kind `Fencing.atomic`.
    case atomicFencing
    /// `Capabilities.batchScope`, this or a wider one.
    case batchScope(BatchScope)
    /// `Capabilities.consistency`, this or a stronger one.
    case consistency(Consistency)
    /// `Capabilities.order`, this or a stronger one.
    case order(KeyOrder)
    /// A place that can do this.
    case offer(ConformanceOffer)
    /// That something else is not there.
    indirect case without(Requirement)

    /// Whether a store of these capabilities, at a place with these offers, has it.
    public func isMet(by capabilities: Capabilities, offering offers: Set<ConformanceOffer>) -> Bool {
        switch self {
        case .conditionalWrite: capabilities.conditionalWrite
        case .conditionalDelete: capabilities.conditionalDelete
        case .integerAdd: capabilities.integerAdd
        case .snapshotReads: capabilities.snapshotReads
        case .snapshots: capabilities.snapshots
        case .reverseScan: capabilities.reverseScan
        case .marks: capabilities.marks
        case .changeFeed: capabilities.changeFeed
        case .atomicFencing: capabilities.fencing == .atomic
        case .batchScope(let scope): capabilities.batchScope >= scope
        case .consistency(let consistency): capabilities.consistency >= consistency
        case .order(let order): capabilities.order >= order
        case .offer(let offer): offers.contains(offer)
        case .without(let requirement): !requirement.isMet(by: capabilities, offering: offers)
        }
    }
}

extension Requirement: CustomStringConvertible {
    public var description: String {
        switch self {
        case .conditionalWrite: "conditional writes"
        case .conditionalDelete: "conditional deletes"
        case .integerAdd: "additions"
        case .snapshotReads: "snapshot reads"
        case .snapshots: "snapshots"
        case .reverseScan: "reverse scans"
        case .marks: "marks"
        case .changeFeed: "a feed of changes"
        case .atomicFencing: "atomic fencing"
        case .batchScope(let scope): "batches that reach a \(scope)"
        case .consistency(let consistency): "consistency of at least \(consistency)"
        case .order(let order): "order by \(order)"
        case .offer(let offer): "a place that offers \(offer.rawValue)"
        case .without(let requirement): "no \(requirement)"
        }
    }
}
