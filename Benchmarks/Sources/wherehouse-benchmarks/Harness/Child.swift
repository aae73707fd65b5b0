import Drivers
import Foundation
import KeyValue
import Migration

/// Work that is done by a process of its own: this program again, so that what it takes of memory is its own, and so that
/// it can be killed.
enum Child {
    /// What it said of itself at its end.
    struct Outcome: Codable {
        var records: Int
        /// The most of memory that was ever its own, and of files that it had mapped.
        var peakBytes: Int
    }

    /// `copy` or `verify` and two URLs, `uploads`, a URL and how many, `archive` and a number of bytes, `hostile` and an
    /// input's name, or `backlog` and what the paths of a migration's stores begin with.
    static func main(_ arguments: [String]) async throws {
        if arguments.count == 2, arguments[0] == "archive", let byteCount = Int(arguments[1]) {
            return try report(records: try streamArchive(ofBytes: byteCount))
        }
        if arguments.count == 2, arguments[0] == "backlog" {
            return try report(records: try await carryBacklog(arguments[1]))
        }
        if arguments.count == 2, arguments[0] == "hostile", let input = HostileInput(rawValue: arguments[1]) {
            let (nanoseconds, memory) = try await input.cost(peakBytes)
            return try report(records: nanoseconds, peakBytes: memory)
        }
        if arguments.count == 3, arguments[0] == "uploads", let count = Int(arguments[2]) {
            return try report(records: try await makeUploads(at: arguments[1], count: count))
        }
        guard arguments.count == 3 else { throw WrongUsage(argument: "child") }
        // Caches as the command has them.
        let source = try await StoreRegistry.bundled.open(arguments[1], cacheBytesMax: 4 << 20)
        let target = try await StoreRegistry.bundled.open(arguments[2], cacheBytesMax: 4 << 20)
        let directory = FileManager.default.temporaryDirectory.path()
        let records: Int
        switch arguments[0] {
        case "copy":
            let report = try await Copier(to: target)
                .copy(from: source, temporaryDirectory: directory, checkpoints: CheckpointOptions(source: "child"))
            records = report.read
        case "verify":
            let report = try await Verifier(temporaryDirectory: directory).verify(source, against: target)
            guard report.isEqual else { throw Disagreement(sums: ["first": 0, "second": 1]) }
            records = report.source.records
        default: throw WrongUsage(argument: arguments[0])
        }
        await source.close()
        await target.close()
        try report(records: records)
    }

    private static func report(records: Int, peakBytes: Int? = nil) throws {
        let peakBytes = try peakBytes ?? self.peakBytes()
        let outcome = try JSONEncoder().encode(Outcome(records: records, peakBytes: peakBytes))
        try FileHandle.standardOutput.write(contentsOf: outcome)
    }

    private static func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) << 10
    }

    /// Starts one; its end is waited for by reading all of its output.
    static func start(_ arguments: String...) throws -> (Process, Pipe) { try start(arguments) }

    private static func start(_ arguments: [String]) throws -> (Process, Pipe) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["child"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return (process, output)
    }

    /// Runs one to its end.
    static func run(_ arguments: String...) throws -> Outcome {
        let (process, output) = try start(arguments)
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(Outcome.self, from: said)
    }
}
