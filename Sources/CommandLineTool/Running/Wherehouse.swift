import ArgumentParser
import Foundation
import KeyValue
import Synchronization

/// The command `wherehouse`.
///
/// Exit status: 0 done, 1 failed, 2 wrong usage, 130 and 143 stopped by SIGINT and SIGTERM, 141 when the reader of the
/// output has gone. An error is one line on standard error.
public enum Wherehouse {
    /// Runs the command with the arguments of the process, and ends the process.
    public static func main() async -> Never {
        let received = Mutex<CInt?>(nil)
        let cancel = Mutex<(@Sendable () -> Void)?>(nil)
        Signals.watch { signal in
            received.withLock { $0 = signal }
            cancel.withLock { $0?() }
        }
        let arguments = Array(CommandLine.arguments.dropFirst())
        // Detached, since the main actor would make every step of the work slower.
        let task = Task.detached { await run(arguments) }
        cancel.withLock { $0 = { task.cancel() } }
        if received.withLock({ $0 }) != nil { task.cancel() }
        let ending = await task.value
        if let line = ending.line { StandardError.write("wherehouse: \(line)\n") }
        if ending.isStopped, let signal = received.withLock({ $0 }) { exit(128 + signal) }
        exit(ending.status)
    }

    /// How a command ended.
    private struct Ending {
        var status: CInt = 0
        var line: String?
        var isStopped = false
    }

    @Sendable
    private static func run(_ arguments: [String]) async -> Ending {
        do {
            var command = try RootCommand.parseAsRoot(arguments)
            guard let command = command as? any StoreCommand else {
                try command.run()
                return Ending()
            }
            let context = CommandContext()
            do {
                try await command.run(in: context)
            } catch let error as CommandError {
                // What was found out before the failure is part of the answer.
                try await context.output.flush()
                throw error
            }
            try await context.output.flush()
            return Ending()
        } catch {
            return await ending(of: error)
        }
    }

    private static func ending(of error: any Error) async -> Ending {
        switch error {
        case is Output.Closed:
            return Ending(status: 128 + SIGPIPE)
        case is CancellationError:
            return stopped
        case let error as CommandError:
            let status: CInt = error.kind == .usage ? 2 : 1
            return Ending(status: status, line: ErrorText.line(error.message, error.metadata))
        case let error as StoreError:
            guard error.code != .cancelled else { return stopped }
            return Ending(status: error.isWrongUsage ? 2 : 1, line: ErrorText.line(error))
        default:
            return await ending(ofParsing: error)
        }
    }

    private static var stopped: Ending {
        Ending(status: 1, line: "Stopped before its end: run it again to finish it.", isStopped: true)
    }

    /// Help that was asked for goes to standard output; everything else is wrong usage.
    private static func ending(ofParsing error: any Error) async -> Ending {
        guard RootCommand.exitCode(for: error) != .success else {
            let output = Output()
            do {
                try await output.line(RootCommand.fullMessage(for: error))
                try await output.flush()
                return Ending()
            } catch { return Ending(status: 128 + SIGPIPE) }
        }
        let message = RootCommand.message(for: error).split(separator: "\n").joined(separator: " ")
        // The parser knows which command it was, and tells it only within its own text: "Usage: wherehouse get <store>".
        let usage = RootCommand.fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Usage: ") }
        let words = usage?.split(separator: " ").dropFirst().prefix { !$0.hasPrefix("<") && !$0.hasPrefix("[") } ?? []
        let command = words.isEmpty ? "wherehouse" : words.joined(separator: " ")
        return Ending(status: 2, line: ErrorText.line(message, ["help": command + " --help"]))
    }
}
