/// What is at one key of one store, as workers see it. A token is what a row can be compared by: it never repeats.
package enum Slot<Value: Hashable & Sendable, Token: Hashable & Sendable>: Hashable, Sendable {
    /// No row.
    case vacant
    /// A record.
    case live(Value, Token)
    /// A tombstone.
    case buried(Token)

    /// The token of the row, nil where there is none.
    package var token: Token? {
        switch self {
        case .vacant: nil
        case .live(_, let token), .buried(let token): token
        }
    }

    /// The value of the record, nil where there is none.
    package var value: Value? {
        if case .live(let value, _) = self { value } else { nil }
    }
}

/// A write of one row by a worker.
package struct WorkerWrite<Value: Hashable & Sendable, Token: Hashable & Sendable>: Hashable, Sendable {
    /// What is written.
    package enum Action: Hashable, Sendable {
        /// A record with this value.
        case put(Value)
        /// A tombstone.
        case bury
        /// Nothing: the row goes.
        case remove
    }

    /// What has to be there.
    package enum Condition: Hashable, Sendable {
        /// Nothing in particular. Only with a rule taken away.
        case anything
        /// No row.
        case vacant
        /// The row with this token.
        case token(Token)
    }

    package var action: Action
    package var condition: Condition
}

extension WorkerWrite.Action {
    /// What a delete of this kind writes.
    package init(_ deletion: Deletion) {
        switch deletion {
        case .remove: self = .remove
        case .bury: self = .bury
        }
    }
}
