import Foundation
import Synchronization
import TestSupport

/// Runs a program to its end.
enum Tool {
    /// What it writes to its standard output; throws what it writes to its error output when it fails.
    ///
    /// A program that takes longer than the limit is killed. It reads and writes files, so that nobody waits for what it
    /// may have started itself.
    @discardableResult
    static func run(_ command: [String], input text: String = "", limit: Duration = .seconds(120)) throws -> String {
        let scratch = try TemporaryDirectory()
        defer { withExtendedLifetime(scratch) {} }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let files = try ["input", "output", "errors"].map { name in
            let url = URL(filePath: scratch.file(name))
            try Data(name == "input" ? Array(text.utf8) : []).write(to: url)
            return url
        }
        let input = try FileHandle(forReadingFrom: files[0])
        let (output, errors) = (try FileHandle(forWritingTo: files[1]), try FileHandle(forWritingTo: files[2]))
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try Launch.alone { try process.run() }
        // Foundation keeps them open after the end, and reads beyond a buffer when many are.
        for handle in [input, output, errors] { try handle.close() }
        let isOverdue = Mutex(false)
        let alarm = DispatchWorkItem {
            isOverdue.withLock { $0 = true }
            kill(process.processIdentifier, SIGKILL)
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit / .seconds(1), execute: alarm)
        process.waitUntilExit()
        alarm.cancel()
        let said = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
        guard process.terminationStatus == 0, process.terminationReason == .exit else {
            let complaint = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
            let why = isOverdue.withLock { $0 } ? "took longer than \(limit)" : "failed"
            throw ServerError("\(command.joined(separator: " ")) \(why): \(complaint)\(said)")
        }
        return said
    }
}
