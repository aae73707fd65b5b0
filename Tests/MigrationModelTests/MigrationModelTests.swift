import Migration
import MigrationModel
import Testing

/// The small part of the exhaustive check, for builds without optimisation. `CheckMigrationModel` runs all of it.
@Suite struct MigrationModelTests {
    @Test(
        arguments: [
            ModelConfiguration(clients: 1, operations: 2, reconcilers: 1, crashes: 1),
            ModelConfiguration(clients: 2, operations: 1, reconcilers: 1),
            ModelConfiguration(clients: 1, operations: 1, reconcilers: 1, crashes: 1, capture: .intent),
        ]
    )
    func protocolHolds(_ configuration: ModelConfiguration) {
        let exploration = Explorer.explore(configuration)
        #expect(exploration.violation == nil, "\(exploration.violation?.trace.joined(separator: "\n") ?? "")")
        #expect(exploration.states > 1_000)
    }

    /// Every rule is needed: without it, something breaks.
    @Test(arguments: RuleRemoval.all) func ruleIsNeeded(_ removal: RuleRemoval) throws {
        let violation = try #require(Explorer.explore(removal.configuration).violation)
        print("without \(removal.name):\n    \(violation.trace.joined(separator: "\n    "))\n    \(violation.text)")
    }

    @Test func everyRuleIsTakenAwayOnce() {
        var rules: MigrationRules = []
        for removal in RuleRemoval.all {
            #expect(rules.isDisjoint(with: removal.rule))
            rules.formUnion(removal.rule)
        }
        #expect(rules == .all)
    }
}
