/// How a client stands to the mode that the control record names.
package enum ClientStanding: Hashable, Sendable {
    /// It acts in this mode, and nothing that it began in an earlier one is under way.
    case current
    /// It may still act in the mode before.
    case behind
    /// Its lease is over, and so is the time in which a request that it sent before could still take effect. It does
    /// nothing before it has read the control record again.
    case lapsed
}

/// What stands between one step and the next.
package enum Barrier {
    /// Whether nobody acts in an earlier mode any more. Once it holds for a mode it holds until the next step.
    package static func isComplete(
        _ clients: some Sequence<ClientStanding>,
        _ rules: MigrationRules = .all
    ) -> Bool {
        !rules.contains(.barrier) || clients.allSatisfy { $0 != .behind }
    }
}
