import Foundation

/// Work that an independent implementation in Python does, by its own clock: Scripts/install puts it into .build/peers.
struct PythonPeer {
    /// The script in `Peers` that does it.
    var script: String
    /// What it works on.
    var input: String

    /// The peer told something else than its time and its sum.
    struct Unexpected: Error {
        var said: String
    }

    func body(_ work: String, operations: Int) -> Body {
        let outcome = Outcome()
        return Body(
            name: "\(work) in Python",
            operations: operations,
            run: { _ in
                (outcome.nanoseconds, outcome.sum) = try run(work, operations)
                return outcome.sum
            },
            ownTime: { outcome.nanoseconds }
        )
    }

    private final class Outcome {
        var nanoseconds = 0.0
        var sum = 0
    }

    private static let package = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent()
    }

    /// A program that is installed with the peers, as it is named: where that leads to is a Python without them.
    static func program(_ name: String) throws -> URL {
        let program = package.deletingLastPathComponent().appending(path: ".build/peers/bin/\(name)")
        guard FileManager.default.isExecutableFile(atPath: program.path()) else {
            throw Unexpected(said: "There is no \(name) among the peers in Python: run Scripts/install.")
        }
        return program
    }

    /// Where a script of `Peers` is.
    static func path(of script: String) -> String { package.appending(path: "Peers/\(script)").path() }

    private func run(_ work: String, _ operations: Int) throws -> (Double, Int) {
        let process = Process()
        process.executableURL = try PythonPeer.program("python3")
        process.arguments = [PythonPeer.path(of: script), work, "\(operations)", input]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let numbers = said.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard numbers.count == 2 else { throw Unexpected(said: said) }
        return (Double(numbers[0]), numbers[1])
    }
}
