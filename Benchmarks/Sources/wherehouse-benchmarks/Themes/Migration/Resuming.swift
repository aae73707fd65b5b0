import Drivers
import Foundation
import KeyValue
import Migration
import Synchronization

/// Killing a copy of one SQLite into another in the middle, and finishing it: how much of the work is lost, and how
/// fast the rest is.
func measureResuming(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let source = try await bench.openFilledStore("resumed.db", count)
    await source.close()
    let (from, to) = ("sqlite:" + bench.path("resumed.db"), "sqlite:" + bench.path("resumed-copy.db"))

    // One that nobody kills: how long it takes, and how much memory.
    var whole: [Reading] = []
    var peaks: [Reading] = []
    for _ in 0..<3 {
        try bench.remove("resumed-copy.db")
        let began = Clock.wall()
        let outcome = try Child.run("copy", from, to)
        whole.append(Reading(wall: (Clock.wall() - began) / Double(count), cpu: 0))
        peaks.append(Reading(wall: Double(outcome.peakBytes), cpu: 0))
    }
    let time = Series(name: "whole copy", readings: whole)

    var (lost, rest): ([Reading], [Reading]) = ([], [])
    for round in 0..<max(5, bench.repeats) {
        try bench.remove("resumed-copy.db")
        let (process, output) = try Child.start("copy", from, to)
        // At another place in each round, from a fifth of the work on.
        let share = 0.2 + 0.6 * Double(round) / Double(max(5, bench.repeats))
        try await Task.sleep(for: .nanoseconds(Int(time.wall * Double(count) * share)))
        kill(process.processIdentifier, SIGKILL)
        _ = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .uncaughtSignal else { continue }
        let (resumed, written, seconds) = try await finish(from, to, bench.path(""))
        lost.append(Reading(wall: Double(max(0, written - resumed)) * time.wall, cpu: 0))
        rest.append(Reading(wall: seconds / Double(count - resumed), cpu: 0))
    }
    results.figures += [
        Figure(
            "copy of a SQLite, memory of its process",
            Series(name: "peak of copy", readings: peaks),
            .megabytesAtMost(128)
        ),
        Figure("copy killed: work that is done again", Series(name: "lost", readings: lost), .timeAtMost(5e8)),
        Figure("copy killed: the rest, a record", Series(name: "rest", readings: rest)),
        Figure("copy in a process, a record", time),
    ]
}

/// Goes on with a copy: behind how many rows, how many were in the target, and the nanoseconds that it took.
private func finish(_ from: String, _ to: String, _ directory: String) async throws -> (Int, Int, Double) {
    let source = try await StoreRegistry.bundled.open(from)
    let target = try await StoreRegistry.bundled.open(to)
    let written = try await target.count(.all()).value
    let resumed = Mutex(0)
    let checkpoints = CheckpointOptions(source: "child") { beginning in
        if case .behind(let rows) = beginning { resumed.withLock { $0 = rows } }
    }
    let began = Clock.wall()
    _ = try await Copier(to: target).copy(from: source, temporaryDirectory: directory, checkpoints: checkpoints)
    let time = Clock.wall() - began
    await source.close()
    await target.close()
    return (resumed.withLock { $0 }, written, time)
}
