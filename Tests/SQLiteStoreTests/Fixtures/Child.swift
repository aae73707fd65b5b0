import Foundation
import Testing

/// The program `StoreWriter`, or another, as a process of its own.
final class Child {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread: [UInt8] = []

    init(_ program: String, _ arguments: [String]) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// `StoreWriter`, which is built beside the tests.
    static func writer(_ arguments: String...) throws -> Child { try writer(arguments) }

    static func writer(_ arguments: [String]) throws -> Child {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try Child(URL(filePath: tests).deletingLastPathComponent().path + "/StoreWriter", arguments)
    }

    var pid: Int32 { process.processIdentifier }

    /// The next line that it says; nil when it says nothing more.
    func line() -> String? {
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
    func rest() -> [String] { Array(sequence(state: ()) { _ in self.line() }) }

    /// Ends it at once, as by `kill -9`.
    func kill() {
        Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends its input, and waits for its end.
    func finish() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
