import Foundation

/// Runs a program to its end.
enum Tool {
    /// What it writes to its standard output; throws what it writes to its error output when it fails.
    @discardableResult
    static func run(_ command: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        let errors = try ScratchDirectory()
        let errorFile = errors.path + "/errors"
        try Data().write(to: URL(filePath: errorFile))
        let errorHandle = try FileHandle(forWritingTo: URL(filePath: errorFile))
        defer { errorHandle.closeFile() }
        process.standardOutput = output
        process.standardError = errorHandle
        let inputPipe = Pipe()
        process.standardInput = inputPipe
        try process.run()
        try inputPipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try inputPipe.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let complaint = try String(contentsOfFile: errorFile, encoding: .utf8)
            throw ServerError("\(command.joined(separator: " ")) failed: \(complaint)\(said)")
        }
        return said
    }
}

/// A directory that is removed with the last reference to it.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/wherehouse-server-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // What is left behind in the system's temporary directory is no test's failure.
        try? FileManager.default.removeItem(atPath: path)
    }
}
