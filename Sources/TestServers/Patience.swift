/// Waiting for what a server does in its own time.
public enum Patience {
    /// Returns when `isDone` says so, which is asked every hundredth of a second; throws after a minute.
    public static func until(_ isDone: () async throws -> Bool) async throws {
        for _ in 0..<6_000 {
            if try await isDone() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw ServerError("What was waited for did not happen within a minute.")
    }
}
