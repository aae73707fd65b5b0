import Foundation
import KeyValue
import Testing

@testable import Records

/// Transactions in bad weather are as if they had run one after the other.
@Suite struct TransactionSimulationTests {
    private static let seeds = ProcessInfo.processInfo.environment["WHEREHOUSE_SEEDS"].flatMap(UInt64.init) ?? 150

    @Test(arguments: [(BatchScope.partition, true), (.store, true), (.partition, false)])
    func anOrderExplainsEveryHistory(_ scope: BatchScope, _ integerAdd: Bool) async throws {
        var carriedOut = 0
        for seed in 0..<TransactionSimulationTests.seeds {
            var simulation = TransactionSimulation(seed: seed, scope: scope, integerAdd: integerAdd)
            simulation.weather.faults = seed % 2 == 0 ? 0 : 6
            let (violations, count) = try await simulation.run()
            carriedOut += count
            guard violations.isEmpty else {
                Issue.record("seed \(seed): \(violations.prefix(3))")
                return
            }
        }
        #expect(carriedOut > Int(TransactionSimulationTests.seeds) * 3)
    }

    static let needed: [(String, WriteRules)] = [
        ("validateReads", .validateReads), ("validateRanges", .validateRanges), ("stampChanges", .stampChanges),
        ("stampFirst", .stampFirst), ("recogniseCommit", .recogniseCommit),
    ]

    /// Every rule is needed: without it, no order explains some history.
    @Test(arguments: needed) func ruleIsNeeded(_ name: String, _ rule: WriteRules) async throws {
        for seed in 0..<UInt64(3_000) {
            var simulation = TransactionSimulation(seed: seed)
            simulation.rules.remove(rule)
            if rule != .recogniseCommit { simulation.weather.faults = 0 }
            if try await !simulation.run().violations.isEmpty { return }
        }
        Issue.record("No run noticed that \(name) was missing.")
    }
}
