import Drivers
import Foundation
import KeyValue
import Migration

/// A million changes that have piled up before anybody carries them over from a SQLite to another: what that takes of time
/// and memory.
func measureBacklog(_ bench: Workbench, _ results: inout Results) async throws {
    let prefix = bench.path("backlog")
    try await Backlog.open(prefix, creating: true).pileUp(bench)
    let began = Clock.wall()
    let outcome = try Child.run("backlog", prefix)
    let time = Reading(wall: (Clock.wall() - began) / Double(Backlog.count), cpu: 0)
    guard outcome.records == Backlog.count else { throw WrongAnswer(answer: "\(outcome.records) records") }
    let peak = Reading(wall: Double(outcome.peakBytes), cpu: 0)
    results.figures += [
        Figure("a million changes that wait, one carried over", Series(name: "carried over", readings: [time])),
        Figure(
            "a million changes that wait, memory of the process that carries them over",
            Series(name: "peak of carrying over", readings: [peak]),
            .megabytesAtMost(128)
        ),
    ]
}

/// In a process of its own: works as a host does until nothing waits any more; how many records the target has then.
func carryBacklog(_ prefix: String) async throws -> Int {
    try await Backlog.open(prefix, creating: false).carryOver()
}

/// The stores of a migration whose changes wait.
private struct Backlog {
    static let count = 1_000_000
    private static let milliseconds: @Sendable () -> UInt64 = { UInt64(Date().timeIntervalSince1970 * 1_000) }

    let stores: MigrationStores
    let control: any KeyValueStore

    static func open(_ prefix: String, creating: Bool) async throws -> Backlog {
        func open(_ name: String) async throws -> any KeyValueStore {
            let url = "sqlite:\(prefix)-\(name).db"
            // Caches as the command has them.
            return try await StoreRegistry.bundled.open(url, creating: creating, cacheBytesMax: 4 << 20)
        }
        let control = try await open("control")
        let stores = try MigrationStores(
            source: try await open("source"),
            target: try await open("target"),
            control: try ControlStore(control, name: "backlog")
        )
        return Backlog(stores: stores, control: control)
    }

    private func close() async {
        await stores.source.close()
        await stores.target.close()
        await control.close()
    }

    /// Plans a migration of an empty store, and fills it when changes are marked and nobody works.
    func pileUp(_ bench: Workbench) async throws {
        let controller = try await MigrationController.plan(
            stores,
            source: "old",
            target: "new",
            actor: "benchmarks",
            milliseconds: Backlog.milliseconds
        )
        try await controller.step(to: .weakened)
        let epoch = try await controller.step(to: .captured).epoch
        for start in stride(from: 0, to: Backlog.count, by: 4_096) {
            let batches = (start..<min(start + 4_096, Backlog.count)).map { number in
                let key = Key("backlog-\(number % 97)", "\(number)")
                return WriteBatch(
                    [.init(.put(bench.data.value(number)), at: key)],
                    epoch: epoch,
                    mark: StoreEnvironment.live.makeMarkID()
                )
            }
            for result in await stores.source.write(each: batches) { _ = try result.get() }
        }
        await close()
    }

    func carryOver() async throws -> Int {
        let host = MigrationHost(stores, name: "child", copiers: 0, milliseconds: Backlog.milliseconds)
        let hosting = Task { await host.run() }
        while try await stores.control.status(milliseconds: Backlog.milliseconds()).leader?.marks != 0 {
            try await Task.sleep(for: .milliseconds(50))
        }
        hosting.cancel()
        await hosting.value
        let count = try await stores.target.count(.all(in: .records)).value
        await close()
        return count
    }
}
