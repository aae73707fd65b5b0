import Foundation
import LiveMigrationWorkload
import TestServers
import Testing

/// Records move between real stores while services go on, processes are killed and stopped, and servers crash; and
/// nobody ever notices.
@Suite(.serialized) struct LiveMigrationTests {
    private struct Pair: CustomStringConvertible {
        let source: StoreKind
        let target: StoreKind

        var description: String { "\(source) to \(target)" }

        static let all = StoreKind.allCases.flatMap { source in
            StoreKind.allCases.map { Pair(source: source, target: $0) }
        }

        /// Those whose runs take about as long as the fixed ones.
        static let quick = all.filter { !$0.source.isSlow && !$0.target.isSlow }
    }

    /// What is asked for by the environment.
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    private func run(_ pair: Pair, seed: UInt64) async throws {
        print("LIVE MIGRATION \(pair), seed \(seed)")
        let outcome = try await LiveRun(source: pair.source, target: pair.target, seed: seed).run()
        print(
            "LIVE MIGRATION \(pair), seed \(seed): \(outcome.events) calls, \(outcome.unknown) of unknown outcome,",
            "\(outcome.switches) switches, \(outcome.kills) processes killed, \(outcome.stops) stopped,",
            "\(outcome.crashes) servers crashed"
        )
        for violation in outcome.violations.prefix(3) { Issue.record("\(pair), seed \(seed): \(violation)") }
        #expect(outcome.violations.count == 0)
        #expect(outcome.events > 0 && outcome.switches > 1)
    }

    /// A few fixed pairs, and one of the quick ones that chance picks. `WHEREHOUSE_SEED` repeats what chance did.
    @Test func nothingIsLostOrStale() async throws {
        let seed = LiveMigrationTests.number("WHEREHOUSE_SEED") ?? UInt64.random(in: 0..<1_000_000)
        try await run(Pair(source: .sqlite, target: .postgresql), seed: seed)
        try await run(Pair(source: .postgresql, target: .cluster), seed: seed)
        try await run(Pair.quick[Int(seed % UInt64(Pair.quick.count))], seed: seed)
    }

    /// As many runs as `WHEREHOUSE_SOAK` says, over all pairs in turn, from the seed of `WHEREHOUSE_SEED` on; see
    /// `Scripts/soak`.
    @Test(.enabled(if: LiveMigrationTests.number("WHEREHOUSE_SOAK") != nil))
    func soak() async throws {
        let first = LiveMigrationTests.number("WHEREHOUSE_SEED") ?? 0
        for seed in first..<first + (LiveMigrationTests.number("WHEREHOUSE_SOAK") ?? 0) {
            do {
                try await run(Pair.all[Int(seed % UInt64(Pair.all.count))], seed: seed)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }
}
