import Foundation
import KeyValue
import Testing

@testable import Migration

/// Clients go on while their records are moved, in bad weather, and nobody ever notices.
@Suite struct LiveSimulationTests {
    /// How many runs there are: more are asked for by `WHEREHOUSE_SEEDS`.
    private static let seeds = ProcessInfo.processInfo.environment["WHEREHOUSE_SEEDS"].flatMap(UInt64.init) ?? 30

    @Test func nothingIsLostOrStale() async throws {
        try await check(LiveSimulationTests.seeds) { LiveSimulation(seed: $0) }
    }

    /// Of stores without marks, whose feeds are followed, to the other kind and back; some forget what has changed.
    @Test func nothingIsLostOfFeeds() async throws {
        var forgetful = MemoryProfile.changeFeed
        forgetful.feedKeysMax = 2
        for (index, profile) in [MemoryProfile.changeFeed, forgetful].enumerated() {
            try await check(max(8, LiveSimulationTests.seeds / 3)) { seed in
                var simulation = LiveSimulation(seed: seed + UInt64(index * 100_000))
                switch seed % 3 {
                case 0: simulation.profiles = (profile, .reference)
                case 1: simulation.profiles = (.reference, profile)
                default: simulation.profiles = (profile, profile)
                }
                return simulation
            }
        }
    }

    private func check(_ seeds: UInt64, _ make: (UInt64) -> LiveSimulation) async throws {
        var (events, switches, rollbacks) = (0, 0, 0)
        for seed in 0..<seeds {
            let outcome = try await make(seed).run()
            events += outcome.events
            switches += outcome.log.count { $0 == "went from targetHeld to switched" }
            rollbacks += outcome.log.count { $0 == "went from switched to targetHeld" }
            guard outcome.violations.isEmpty else {
                Issue.record("seed \(seed): \(outcome.violations) after \(outcome.log)")
                return
            }
        }
        print("SIMULATED \(events) calls, \(switches) switches, \(rollbacks) taken back")
        #expect(events > 10 * Int(seeds))
        #expect(switches > 0 && rollbacks > 0)
    }

    @Test func aSeedRepeatsItsRun() async throws {
        for seed in UInt64(1_000)..<1_003 {
            let (first, second) = (
                try await LiveSimulation(seed: seed).run(), try await LiveSimulation(seed: seed).run()
            )
            #expect(first.events == second.events)
            #expect(first.log == second.log)
        }
    }

    @Test func lostWritesAreFoundOut() async throws {
        var found = 0
        for seed in UInt64(0)..<20 {
            let outcome = try await LiveSimulation(seed: seed, faults: 0, plants: 1).run()
            if !outcome.violations.isEmpty { found += 1 }
        }
        // One that is overwritten before anybody looks is no loss.
        #expect(found > 0)
    }

    /// What the model shows of every rule, the simulator shows of some that workers can be without.
    @Test(
        arguments: [
            (MigrationRules.alwaysWrite, UInt64(942)), (.compareAndSet, 621), (.copyIntoVacancy, 1_871),
            (.revisionBeforeValue, 716),
        ]
    )
    func ruleIsNeeded(_ rule: MigrationRules, firstSeed: UInt64) async throws {
        // Where something was found the last time; a change of what comes in which order moves it.
        for seed in firstSeed..<firstSeed + 1_000 {
            var simulation = LiveSimulation(seed: seed, copiers: 2, operations: 30)
            simulation.rules.remove(rule)
            if try await !simulation.run().violations.isEmpty {
                print("SIMULATED without \(rule): seed \(seed) finds it")
                return
            }
        }
        Issue.record("No run noticed that the rule was missing: \(rule).")
    }
}
