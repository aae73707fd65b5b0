import Foundation

/// A program as a process of its own, with which a test speaks by lines.
public final class ChildProcess {
    private let process: Process
    private let input: Pipe
    private let output: Pipe
    private var unread: [UInt8] = []

    /// Starts a program.
    public init(_ program: String, _ arguments: [String]) throws {
        (process, input, output) = try Launch.alone {
            let (process, input, output) = (Process(), Pipe(), Pipe())
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            return (process, input, output)
        }
    }

    /// Starts `StoreWriter`, which is built beside the tests.
    public static func storeWriter(_ arguments: String...) throws -> ChildProcess {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try ChildProcess(URL(filePath: tests).deletingLastPathComponent().path + "/StoreWriter", arguments)
    }

    /// The number of the process.
    public var pid: Int32 { process.processIdentifier }

    /// The next line that it says; nil when it says nothing more.
    public func line() -> String? {
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            unread += more
        }
    }

    /// Everything it still says.
    public func rest() -> [String] { Array(sequence(state: ()) { _ in self.line() }) }

    /// Ends it at once, as by `kill -9`.
    public func kill() {
        Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends its input, and waits for its end.
    public func finish() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
