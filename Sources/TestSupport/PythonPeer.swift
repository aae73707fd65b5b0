import Foundation
import Testing

/// An independent implementation of a format: a program in Python that answers each line of its input with one of its
/// own. It runs where Scripts/install has put the packages that it needs, .build/peers.
public struct PythonPeer: Sendable {
    private let script: URL

    /// The program `Peer/peer.py` beside the file that asks.
    public init(besides file: String = #filePath) {
        script = URL(filePath: file).deletingLastPathComponent().appending(path: "Peer/peer.py")
    }

    /// Asks all at once, and gives an answer a line.
    public func ask(_ lines: [String]) throws -> [String] {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let input = URL(filePath: directory.file("input"))
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: input)
        let root = (0..<4).reduce(script) { url, _ in url.deletingLastPathComponent() }
        let process = Process()
        process.executableURL = root.appending(path: ".build/peers/bin/python3")
        process.arguments = [script.path]
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = try Launch.alone {
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            return output
        }
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "Scripts/install installs the peers")
        let answers = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        try #require(answers.count == lines.count + 1)
        return answers.dropLast().map(String.init)
    }
}
