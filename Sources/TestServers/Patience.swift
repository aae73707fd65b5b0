import KeyValue

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

    /// What a call returns when it succeeds, that fails at first since its store has not found its way back yet, or since
    /// the machine is too busy for the time that the store is given.
    @discardableResult
    public static func untilRecovered<Result>(_ call: () async throws -> Result) async throws -> Result {
        var result: Result?
        try await until {
            do {
                result = try await call()
                return true
            } catch let error as StoreError {
                guard [.unavailable, .timedOut, .outcomeUnknown].contains(error.code) else { throw error }
                return false
            }
        }
        guard let result else { throw ServerError("What was waited for has no result.") }
        return result
    }

    /// What starts a server, up to three times: somebody else may have taken its port meanwhile.
    static func retrying<Server>(_ start: () async throws -> Server) async throws -> Server {
        var attempt = 0
        while true {
            do {
                return try await start()
            } catch {
                attempt += 1
                if attempt == 3 { throw error }
            }
        }
    }
}
