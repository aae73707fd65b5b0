import ArgumentParser
import Drivers
import KeyValue

/// What a command works with.
struct CommandContext {
    let output = Output()
    let registry = StoreRegistry.bundled
    let environment = StoreEnvironment.live

    /// Opens a store for the time of `body`. One that is not there is made only by what writes: a name that was
    /// mistyped must not look like a store without records.
    func withStore<Result>(
        _ url: String,
        creating: Bool = false,
        _ body: (any KeyValueStore) async throws -> Result
    ) async throws -> Result {
        let store = try await registry.open(url, creating: creating, environment: environment)
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}

/// A command that works on stores.
protocol StoreCommand: ParsableCommand {
    /// Does the work. What it throws decides the exit status.
    func run(in context: CommandContext) async throws
}

/// Runs work whose input is data rather than arguments, so that nothing in it is the caller's wrong usage.
func working<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as StoreError where error.code != .cancelled {
        throw CommandError(failed: error)
    }
}
