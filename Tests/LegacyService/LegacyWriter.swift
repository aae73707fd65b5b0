import Foundation
import TestServers
import TestSupport

/// What the replaced service goes on writing, step after step, until it is ended.
package final class LegacyWriter {
    private let process: ChildProcess
    private let commands: String

    /// Begins; `commands` is the name of a file for what it is going to do.
    package init(_ legacy: LegacyFiles, _ commands: String) throws {
        self.commands = commands
        var story = LegacyStory(seed: 5)
        try Data((0..<20_000).flatMap { _ in story.next() }.map { $0 + "\n" }.joined().utf8)
            .write(to: URL(filePath: commands))
        // It waits a moment after every few, so that it is at it for minutes, on a machine that does much else too.
        let script = """
            while IFS= read -r line && [ -e "$1" ]; do
              echo "$line"; n=$((n + 1)); [ $((n % 25)) != 0 ] || sleep 0.1
            done < "$1" | redis-cli -p \(legacy.server.port) > "$1.told" 2>&1
            """
        process = try ChildProcess("/bin/bash", ["-c", script, "service", commands])
    }

    /// Ends it once it was told that it may write no more.
    package func endRefused() async throws {
        try await Patience.until {
            try String(contentsOfFile: commands + ".told", encoding: .utf8).contains("NOPERM")
        }
        try FileManager.default.removeItem(atPath: commands)
        try process.finish()
    }
}
