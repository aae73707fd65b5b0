import Foundation
import LiveMigrationWorkload
import TestSupport

/// The processes of one run, of which any may be killed, and is replaced.
final class LiveProcesses {
    private struct Running {
        var plan: ProcessPlan
        let process: Process
    }

    private let program: String
    private var running: [Running] = []
    private var next: ProcessPlan
    /// What each process does; one that is killed is followed by another that does the same.
    private(set) var histories: [String] = []
    private(set) var kills = 0
    private(set) var stops = 0

    init(_ plan: ProcessPlan) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        program = URL(filePath: tests).deletingLastPathComponent().path + "/MigrationProcess"
        next = plan
    }

    var count: Int { running.count }

    func start(_ parts: [Part]) throws {
        next.number += 1
        var plan = next
        plan.parts = parts
        let path = said(by: plan)
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw WorkloadError("What a process says can't be kept: \(path)")
        }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = plan.arguments
        let output = try FileHandle(forWritingTo: URL(filePath: path))
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try Launch.alone { try process.run() }
        try output.close()
        running.append(Running(plan: plan, process: process))
        if parts.contains(.clients) { histories.append(plan.history) }
    }

    private func said(by plan: ProcessPlan) -> String { "\(plan.directory)/said-\(plan.number)" }

    /// Kills one, and starts another in its place.
    func replace(_ chance: Int) throws {
        let killed = running.remove(at: chance % running.count)
        kill(killed.process.processIdentifier, SIGKILL)
        killed.process.waitUntilExit()
        kills += 1
        try start(killed.plan.parts)
    }

    /// Stops one for some time. It sleeps longer than its leases if the time is that long.
    func stop(_ chance: Int, for duration: Duration) async throws {
        let pid = running[chance % running.count].process.processIdentifier
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGCONT) }
        stops += 1
        try await Lapse.of(duration)
    }

    /// Throws when one has ended by itself, and not well.
    func check() throws {
        for index in running.indices where !running[index].process.isRunning {
            let process = running[index].process
            guard process.terminationReason == .exit, process.terminationStatus == 0 else {
                throw WorkloadError("A process failed: \(running[index].plan.parts): \(words())")
            }
        }
    }

    /// Whether all have ended by themselves.
    var isOver: Bool { running.allSatisfy { !$0.process.isRunning } }

    /// Ends all that are left.
    func end() {
        for one in running where one.process.isRunning {
            kill(one.process.processIdentifier, SIGKILL)
            one.process.waitUntilExit()
        }
        running = []
    }

    /// The last words of every process, so that a failure can be understood.
    func words() -> String {
        running.map { one in
            // One that could not even be started has said nothing.
            let said = (try? String(contentsOfFile: said(by: one.plan), encoding: .utf8)) ?? ""
            return "\(one.plan.number) \(one.plan.parts.map(\.rawValue)): \(said.suffix(600))"
        }.joined(separator: "\n")
    }
}
