import Foundation
import TestServers
import Testing

/// A migration that a test steers by command.
struct Migrations {
    let tool: Tool
    let name: String
    let control: String
    let source: String
    let target: String

    /// The URL of the migration, with which services open their store.
    var url: String { "\(steering)&source=\(source)&target=\(target)" }
    /// The URL of the migration for those that need the control store alone.
    var steering: String { "migration:\(name)?control=\(control)" }

    /// Runs a command of `migrate`, which has to succeed, and reads what it tells in JSON.
    @discardableResult
    func run(_ words: String..., on url: String? = nil) async throws -> [String: Any] {
        let arguments = ["migrate", words[0], url ?? steering] + words.dropFirst() + ["--json"]
        let outcome = try await tool.run(arguments)
        #expect(outcome.status == 0, "\(words): \(outcome.error)")
        let last = outcome.output.split(separator: "\n").last.map(String.init) ?? ""
        return try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any] ?? [:]
    }

    /// Fills the source with so many records of a service.
    func fill(_ count: Int) async throws {
        let lines = (0..<count).map { number in
            #"{"partition":"p\#(number % 7)","key":"\#(number)","value":"\#(number)"}"# + "\n"
        }
        try await tool.output("put", source, "--from", "-", input: lines.joined())
    }

    func waitForClient() async throws {
        try await Patience.until {
            let status = try await run("status")
            return (status["clients"] as? [Any])?.isEmpty == false
        }
    }
}

extension [String: Any] {
    func text(_ name: String) -> String { self[name] as? String ?? "" }
    func number(_ name: String) -> Int { self[name] as? Int ?? -1 }
    func flag(_ name: String) -> Bool { self[name] as? Bool ?? false }
}
