import Foundation
import KeyValue
import Testing

@testable import Records

/// The write protocol in bad weather: crashes at every step, lost and late writes, several clients.
@Suite struct SimulationTests {
    /// How many runs of each setting there are: more are asked for by `WHEREHOUSE_SEEDS`.
    private static let seeds = ProcessInfo.processInfo.environment["WHEREHOUSE_SEEDS"].flatMap(UInt64.init) ?? 40

    /// Further ones, each of which has shown a fault: 97, that building an index deleted an expired record, and took it
    /// from a count that did not have it yet.
    private static let remembered: [UInt64] = [97]

    struct Setting: CustomTestStringConvertible, Sendable {
        var name: String
        var simulation: Simulation
        var testDescription: String { name }
    }

    static let settings: [Setting] =
        [
            Setting(name: "store", simulation: Simulation(seed: 0, scope: .store)),
            Setting(name: "partition, global", simulation: Simulation(seed: 0, scope: .partition)),
            Setting(name: "partition, local", simulation: Simulation(seed: 0, scope: .partition, isGlobal: false)),
            Setting(
                name: "partition, no additions",
                simulation: Simulation(seed: 0, scope: .partition, integerAdd: false)
            ),
            Setting(name: "key", simulation: Simulation(seed: 0, scope: .key)),
            Setting(name: "key, local", simulation: Simulation(seed: 0, scope: .key, isGlobal: false)),
            Setting(
                name: "key, no conditional delete",
                simulation: Simulation(seed: 0, scope: .key, conditionalDelete: false)
            ),
            Setting(
                name: "shifting",
                simulation: Simulation(seed: 0, scope: .store, weather: SimulatedWorld.Weather(shifts: true))
            ),
        ]
        + [BatchScope.store, .partition, .key].map { scope in
            Setting(
                name: "shrinking, \(scope)",
                simulation: Simulation(seed: 0, scope: scope, weather: SimulatedWorld.Weather(shrinks: true))
            )
        }
        + [BatchScope.key, .partition].map { scope in
            Setting(
                name: "sweeper alone, \(scope)",
                simulation: Simulation(seed: 0, scope: scope, weather: SimulatedWorld.Weather(isLate: false))
            )
        }

    static let evolving: [Setting] = [BatchScope.store, .partition, .key].flatMap { scope in
        [true, false].map { isGlobal in
            var simulation = Simulation(seed: 0, scope: scope, isGlobal: isGlobal, changes: .all)
            simulation.operations = 48
            simulation.clients = 4
            simulation.weather.faults = 4
            return Setting(name: "changing schema, \(scope), \(isGlobal ? "global" : "local")", simulation: simulation)
        }
    }

    /// Those that only a schema that changes in mid-run shows to be needed.
    private static let rulesOfSchemas: [WriteRules] = [.holdLease, .barrier, .refuseUnknown, .tellBehind]

    /// Those that only counts that are built in mid-run show to be needed.
    private static let rulesOfCounting: [WriteRules] = [.checkCounting, .countSelf, .countUnchanged]

    @Test(arguments: settings + evolving) func promisesHold(_ setting: Setting) async throws {
        var writes = 0
        for seed in Array(0..<SimulationTests.seeds) + SimulationTests.remembered {
            var simulation = setting.simulation
            simulation.seed = seed
            let (violations, count) = try await simulation.run()
            writes += count
            guard violations.isEmpty else {
                Issue.record("\(setting.name), seed \(seed): \(violations.prefix(3))")
                return
            }
        }
        #expect(writes > 100)
    }

    private static let needed: [(String, WriteRules)] = [
        ("compareRecord", .compareRecord), ("entriesFirst", .entriesFirst), ("realRevision", .realRevision),
        ("compareRelease", .compareRelease), ("rewriteFirst", .rewriteFirst), ("claimAnew", .claimAnew),
        ("judgeHolder", .judgeHolder), ("doubtTotals", .doubtTotals), ("recogniseOwn", .recogniseOwn),
        ("intentFirst", .intentFirst), ("holdLease", .holdLease), ("barrier", .barrier),
        ("refuseUnknown", .refuseUnknown), ("noticeTotals", .noticeTotals), ("comparePublished", .comparePublished),
        ("compareNotice", .compareNotice), ("tellBehind", .tellBehind), ("checkCounting", .checkCounting),
        ("countSelf", .countSelf), ("countUnchanged", .countUnchanged), ("holdToRecord", .holdToRecord),
        ("compareColumns", .compareColumns), ("hideExpired", .hideExpired),
    ]

    /// No rule is without a test that takes it away.
    @Test func everyRuleIsTakenAway() {
        let tried = SimulationTests.needed + TransactionSimulationTests.needed
        // Two that are a matter of one building alone are taken away there.
        let all = tried.reduce(IndexBuildTests.needed) { $0.union($1.1) }
        #expect(all == .all)
        #expect(Set(tried.map(\.0)).count == tried.count)
    }

    /// Every rule is needed: without it, some run breaks a promise. The runs are long, and in weather that lets most of
    /// what they begin come to its end: what is broken off shows little of what is wrong with it.
    @Test(arguments: needed) func ruleIsNeeded(_ name: String, _ rule: WriteRules) async throws {
        let isOfCounting = SimulationTests.rulesOfCounting.contains(rule)
        // Where a batch is of one key, records are counted at once, and those rules do not apply.
        let scopes: [BatchScope] = isOfCounting ? [.partition] : [.key, .partition]
        for seed in 0..<UInt64(2_000) {
            for scope in scopes {
                var simulation = Simulation(seed: seed, scope: scope, operations: 100, clients: 4)
                if SimulationTests.rulesOfSchemas.contains(rule) { simulation.changes = .all }
                if isOfCounting { simulation.changes = .counts }
                simulation.rules.remove(rule)
                simulation.weather.faults = 6
                simulation.weather.isLate = rule != .intentFirst
                if try await !simulation.run().violations.isEmpty { return }
            }
        }
        Issue.record("No run noticed that \(name) was missing.")
    }
}
