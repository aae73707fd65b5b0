/// What has to be known to judge a step. All of it is stable: once true in a mode, it stays true as long as the mode
/// does, except ``isWithinHold``, ``isAccepted``, ``isReached`` and ``isScopeKept``, on which no safety rests.
package struct MigrationFacts: Hashable, Sendable {
    /// Whether the barrier of the present mode is complete; see ``Barrier``.
    package var isBarrierComplete: Bool
    /// Whether the marks of the mode's direction may be there still, those of writes that are under way included.
    package var isDirty: Bool
    /// Whether something that was copied has not been verified, beyond what is marked.
    package var isUnproven: Bool
    /// Whether what is marked can be carried over within the time for which writes may be held.
    package var isWithinHold: Bool
    /// Whether the operator, or the policy that stands for the operator, has said go: the plan before the first step,
    /// the switch, the end of the soak.
    package var isAccepted: Bool
    /// Whether every client that is registered has shown that it reaches both stores.
    package var isReached: Bool
    /// Whether every client that is registered can do with the batches of both stores.
    package var isScopeKept: Bool

    package init(
        isBarrierComplete: Bool,
        isDirty: Bool,
        isUnproven: Bool = false,
        isWithinHold: Bool = true,
        isAccepted: Bool = true,
        isReached: Bool = true,
        isScopeKept: Bool = true
    ) {
        self.isBarrierComplete = isBarrierComplete
        self.isDirty = isDirty
        self.isUnproven = isUnproven
        self.isWithinHold = isWithinHold
        self.isAccepted = isAccepted
        self.isReached = isReached
        self.isScopeKept = isScopeKept
    }
}

/// Why a step can't be made now.
public enum StepRefusal: String, Hashable, Sendable {
    /// No step leads there from the present mode.
    case noSuchStep = "no step leads there from the present mode"
    /// The migration is over: the next one begins with an empty target.
    case isOver = "the migration is over"
    /// The operator has not said go.
    case notAccepted = "it has not been accepted"
    /// A client may still act in the mode before.
    case barrier = "not every client has acknowledged the present mode"
    /// A client does not reach one of the stores.
    case unreached = "a client that is registered does not reach both stores"
    /// A client needs batches of a wider scope than both stores have.
    case scopeTooNarrow = "a client that is registered needs batches of a wider scope than both stores have"
    /// Not everything has been copied.
    case notCopied = "not everything has been copied"
    /// Something that was copied has not been verified.
    case unproven = "not everything that was copied has been verified"
    /// What is marked would take longer than writes may be held.
    case holdTooLong = "carrying over what has changed would hold writes for too long"
    /// Capture of what programs write to the source is not whole.
    case notCaptured = "not every change that other programs make to the source is captured: install capture again"
    /// Programs that write the source without this library may still do so.
    case foreignWriters = "programs that write the source are not refused there"
    /// Changes have not been carried over yet.
    case dirty = "changes have not been carried over yet"
}

extension MigrationState {
    /// Why the step to `next` can't be made now; nil when it can.
    package func refusal(
        ofStepTo next: MigrationMode,
        _ facts: MigrationFacts,
        _ rules: MigrationRules = .all
    ) -> StepRefusal? {
        guard mode.successors(rules).contains(next) else { return .noSuchStep }
        if isOver { return .isOver }
        guard facts.isBarrierComplete else { return .barrier }
        guard facts.isReached || next == .source else { return .unreached }
        guard facts.isScopeKept || next != .weakened else { return .scopeTooNarrow }
        switch (mode, next) {
        case (.source, _): return facts.isAccepted ? nil : .notAccepted
        case (.captured, .sourceHeld):
            guard isCaptureComplete, isCopied else { return .notCopied }
            if facts.isUnproven { return .unproven }
            guard facts.isWithinHold else { return .holdTooLong }
            return facts.isAccepted ? nil : .notAccepted
        // The first of these can't be taken back without losing what is written next, if it were not in the target.
        case (.sourceHeld, .targetHeld), (.sourceHeld, .switched), (.targetHeld, .sourceHeld):
            return facts.isDirty ? .dirty : nil
        // Whatever has not been carried back yet: nobody will read the source any more.
        case (.switched, .target): return facts.isAccepted ? nil : .notAccepted
        default: return nil
        }
    }

    /// The state after a step that is not refused.
    package func stepped(to next: MigrationMode) -> MigrationState {
        var state = self
        state.mode = next
        if next == .switched { state.hasSwitched = true }
        return state
    }

    /// The state once the barrier of the present mode is complete.
    package func passedBarrier() -> MigrationState {
        var state = self
        if mode == .captured { state.isCaptureComplete = true }
        return state
    }

    /// The state once every range has been copied by copiers that were allowed to begin.
    package func copied() -> MigrationState {
        var state = self
        state.isCopied = true
        return state
    }

    /// The state once no worker can write any more; nil while the migration is not over, or a client may still act in
    /// the mode before.
    package func retired(_ facts: MigrationFacts) -> MigrationState? {
        guard isOver, !isRetired, facts.isBarrierComplete else { return nil }
        var state = self
        state.isRetired = true
        return state
    }
}
