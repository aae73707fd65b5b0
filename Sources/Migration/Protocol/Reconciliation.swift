/// How a reconciler carries over the changes of keys: the order of its steps, and what it decides between them. A
/// worker may be stopped for ever, or for as long as it likes, before any step.
///
/// A write that succeeds means that nobody has written the row since its token was read. The value was read after the
/// token, so the values that successive writers put there come from ever later reads. And the mode was checked after
/// the token, so a token that is older than a switch fails against the first client that has written since.
package enum Reconciliation {
    /// What a reconciler does, in this order.
    package enum Step: UInt8, Hashable, Sendable {
        /// Reads which marks there are, and so which keys have changed.
        case listMarks = 0
        /// Reads the rows of the keys in the destination, for their tokens.
        case readDestination = 1
        /// Reads the control record, and stops when its mode is of another direction.
        case checkMode = 2
        /// Reads the rows of the keys in the origin.
        case readOrigin = 3
        /// Writes each row to the destination, if nobody has written it since.
        case write = 4
        /// Removes the marks all of whose keys were written.
        case clearMarks = 5

        /// The step behind this one; nil at the end of a round.
        package func next(_ rules: MigrationRules = .all) -> Step? {
            let isTokenFirst = rules.contains(.revisionBeforeValue)
            switch self {
            case .listMarks: return isTokenFirst ? .readDestination : .readOrigin
            case .readDestination where rules.contains(.modeAfterRevision): return .checkMode
            case .readDestination, .checkMode: return isTokenFirst ? .readOrigin : .write
            case .readOrigin: return isTokenFirst ? .write : .readDestination
            case .write: return .clearMarks
            case .clearMarks: return nil
            }
        }
    }

    /// Which marks go at the end of a round.
    package enum Clearing: Hashable, Sendable {
        /// Those that were listed at its beginning.
        case listed
        /// All of the keys. Only with a rule taken away.
        case all
    }

    /// Which marks go at the end of a round.
    package static func clearing(_ rules: MigrationRules = .all) -> Clearing {
        rules.contains(.clearByName) ? .listed : .all
    }

    /// The write that makes the destination's row like the origin's; nil for none, which is only so with a rule taken
    /// away.
    ///
    /// It is written even where both sides look equal: a worker that was held up may be about to write an old value,
    /// and has to fail.
    package static func write<Value, Token>(
        of origin: Slot<Value, Token>,
        over destination: Slot<Value, Token>,
        deletion: Deletion,
        _ rules: MigrationRules = .all
    ) -> WorkerWrite<Value, Token>? {
        if !rules.contains(.alwaysWrite), origin.value == destination.value { return nil }
        let condition: WorkerWrite<Value, Token>.Condition =
            if !rules.contains(.compareAndSet) {
                .anything
            } else if let token = destination.token {
                .token(token)
            } else {
                .vacant
            }
        return WorkerWrite(action: origin.value.map { .put($0) } ?? .init(deletion), condition: condition)
    }
}
