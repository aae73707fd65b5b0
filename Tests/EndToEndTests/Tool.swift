import Foundation
import Glibc
import TestServers
import TestSupport
import Testing

/// The built command in a fresh directory of its own, which goes with it.
final class Tool: Sendable {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "wherehouse-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit {
        // What is left in the system's temporary directory is removed by the system.
        try? FileManager.default.removeItem(at: directory)
    }

    struct Outcome: Equatable {
        var status: Int32
        var output: String
        var error: String
    }

    /// Runs the command to its end.
    func run(_ arguments: String..., input: String = "") async throws -> Outcome {
        try await run(arguments, input: input)
    }

    /// Runs the command to its end. The input is a file, so that one who reads none of it is no error.
    func run(_ arguments: [String], input: String = "") async throws -> Outcome {
        let file = directory.appending(path: UUID().uuidString)
        try Data(input.utf8).write(to: file)
        let running = try start(arguments, input: try FileHandle(forReadingFrom: file))
        let output = try await running.output()
        return Outcome(status: await running.status(), output: output, error: try running.error())
    }

    /// Runs the command, which has to succeed without a word on standard error; what it wrote.
    @discardableResult
    func output(_ arguments: String..., input: String = "") async throws -> String {
        let file = directory.appending(path: UUID().uuidString)
        try Data(input.utf8).write(to: file)
        let running = try start(arguments, input: try FileHandle(forReadingFrom: file))
        let output = try await running.output()
        let (status, error) = (await running.status(), try running.error())
        #expect(status == 0, "\(arguments.joined(separator: " "))")
        #expect(error == "", "\(arguments.joined(separator: " "))")
        return output
    }

    /// Starts the command and leaves it running, with a pipe for its input unless another is given.
    func start(_ arguments: [String], input: FileHandle? = nil) throws -> Running {
        try Running(arguments, in: directory, input: input)
    }

    /// Runs a script of the shell to its end, in which "$0" is the command.
    func shell(_ script: String) async throws -> Outcome {
        let running = try Running([], script: script, in: directory, input: FileHandle.nullDevice)
        let output = try await running.output()
        return Outcome(status: await running.status(), output: output, error: try running.error())
    }

    /// Runs another program to its end, which has to succeed; what it wrote.
    func program(_ path: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let output = try Launch.alone {
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            return output
        }
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }

    /// The names of the files that contain this text.
    func files(_ text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.contains(text) }.sorted()
    }
}

/// The command while it runs.
final class Running: @unchecked Sendable {
    // Safe: set up before it is shared, and used by one test at a time after that.
    private let process = Process()
    private let ended: AsyncStream<Int32>
    private let errorFile: URL
    private let standardOutput: Pipe
    private let standardInput: Pipe

    fileprivate init(_ arguments: [String], script: String? = nil, in directory: URL, input: FileHandle?) throws {
        // A test runner in the background may ignore SIGINT, and its children would then too.
        Glibc.signal(SIGINT, SIG_DFL)
        Glibc.signal(SIGPIPE, SIG_IGN)
        errorFile = directory.appending(path: UUID().uuidString)
        try Data().write(to: errorFile)
        let command = try Running.executable()
        process.executableURL = script == nil ? command : URL(filePath: "/bin/sh")
        // Whether progress is shown depends on how fast the machine is.
        let showsProgress = ["put", "copy", "verify", "digest", "dump", "restore"].contains(arguments.first)
        process.arguments = script.map { ["-c", $0, command.path] } ?? (arguments + (showsProgress ? ["--quiet"] : []))
        process.currentDirectoryURL = directory
        let errors = try FileHandle(forWritingTo: errorFile)
        process.standardError = errors
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        ended = stream
        process.terminationHandler = { process in
            // As a shell tells it.
            let isSignal = process.terminationReason == .uncaughtSignal
            continuation.yield(process.terminationStatus + (isSignal ? 128 : 0))
            continuation.finish()
        }
        (standardOutput, standardInput) = try Launch.alone { [process] in
            let (output, ownInput) = (Pipe(), Pipe())
            if let input { process.standardInput = input } else { process.standardInput = ownInput }
            process.standardOutput = output
            try process.run()
            return (output, ownInput)
        }
        // Foundation keeps them open after the end, and reads beyond a buffer when many are.
        try errors.close()
        if let input, input !== FileHandle.nullDevice { try input.close() }
    }

    /// The command lies beside the test bundle.
    private static func executable() throws -> URL {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let url = URL(fileURLWithPath: bundle).deletingLastPathComponent().appending(path: "wherehouse")
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: url.path])
        }
        return url
    }

    /// Everything that it writes until it ends.
    func output() async throws -> String {
        let data = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        try closeOutput()
        return String(decoding: data, as: UTF8.self)
    }

    /// Waits for the first bytes of its output.
    func firstOutput() throws -> Data { try standardOutput.fileHandleForReading.read(upToCount: 1_000) ?? Data() }

    /// Where it listens, as soon as it says so on its error output.
    func url() async throws -> String {
        var url = ""
        try await Patience.until {
            let line = try error().split(separator: "\n").first { $0.hasPrefix("wherehouse: listening on ") }
            url = line?.split(separator: " ").last.map(String.init) ?? ""
            return !url.isEmpty || !isRunning
        }
        let said = try error()
        try #require(!url.isEmpty, "\(said)")
        return url
    }

    func closeOutput() throws { try standardOutput.fileHandleForReading.close() }

    /// Returns when all but what fits into a pipe was read.
    func write(_ text: String) throws { try standardInput.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func closeInput() throws { try standardInput.fileHandleForWriting.close() }

    func interrupt() { signal(SIGINT) }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Ends it without its knowledge.
    func killAtOnce() { kill(process.processIdentifier, SIGKILL) }

    var isRunning: Bool { process.isRunning }

    /// Its exit status, 128 more than the signal where one killed it.
    func status() async -> Int32 {
        for await status in ended { return status }
        return -1
    }

    func error() throws -> String { try String(contentsOf: errorFile, encoding: .utf8) }
}
