package import Migration

/// A rule of the protocol, and the smallest configuration in which something breaks without it.
package struct RuleRemoval: Sendable {
    /// The rule's name in `MigrationRules`.
    package let name: String
    package let rule: MigrationRules
    private let smallest: ModelConfiguration

    private init(_ name: String, _ rule: MigrationRules, _ smallest: ModelConfiguration) {
        self.name = name
        self.rule = rule
        self.smallest = smallest
    }

    /// The configuration without the rule.
    package var configuration: ModelConfiguration {
        var configuration = smallest
        configuration.rules.remove(rule)
        return configuration
    }

    private static let one = ModelConfiguration(clients: 1, operations: 1, copiers: 1, reconcilers: 1)
    private static let two = ModelConfiguration(clients: 1, operations: 2, copiers: 1, reconcilers: 2)
    private static let intent = ModelConfiguration(
        clients: 1,
        operations: 1,
        copiers: 1,
        reconcilers: 1,
        crashes: 1,
        capture: .intent
    )
    private static let pair = ModelConfiguration(clients: 2, operations: 2, copiers: 1, reconcilers: 1)

    /// Every rule.
    package static let all: [RuleRemoval] = [
        RuleRemoval("tombstonesOnTarget", .tombstonesOnTarget, one),
        RuleRemoval("tombstonesOnSource", .tombstonesOnSource, two),
        RuleRemoval("alwaysWrite", .alwaysWrite, one),
        RuleRemoval("revisionBeforeValue", .revisionBeforeValue, two),
        RuleRemoval("modeAfterRevision", .modeAfterRevision, two),
        RuleRemoval("copyIntoVacancy", .copyIntoVacancy, one),
        RuleRemoval("compareAndSet", .compareAndSet, two),
        RuleRemoval("clearByName", .clearByName, two),
        RuleRemoval("clearDoneOnly", .clearDoneOnly, intent),
        RuleRemoval("barrier", .barrier, pair),
        RuleRemoval("copyAfterBarrier", .copyAfterBarrier, pair),
        RuleRemoval("reconcileAfterBarrier", .reconcileAfterBarrier, pair),
        RuleRemoval("twoHeldModes", .twoHeldModes, pair),
        RuleRemoval("reverseCapture", .reverseCapture, one),
        RuleRemoval("collectAfterRetirement", .collectAfterRetirement, one),
        RuleRemoval("rewriteBeforeReaping", .rewriteBeforeReaping, intent),
    ]
}
