import ArgumentParser
import KeyValue

/// What a command works with.
struct CommandContext {
    let output = Output()
    let registry = StoreRegistry.ofCommands
    let environment = StoreEnvironment.live

    /// Opens a store for the time of `body`. One that is not there is made only by what writes: a name that was
    /// mistyped must not look like a store without records.
    ///
    /// Caches are small unless said otherwise: a command reads what it reads once. Nil is what the store has for itself.
    func withStore<Result>(
        _ url: String,
        creating: Bool = false,
        cacheBytesMax: Int? = 4 << 20,
        _ body: (any KeyValueStore) async throws -> Result
    ) async throws -> Result {
        let store = try await open(url, creating: creating, cacheBytesMax: cacheBytesMax)
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

extension CommandContext {
    /// Opens a store. An error names it, since a command may open two.
    private func open(_ url: String, creating: Bool, cacheBytesMax: Int?) async throws -> any KeyValueStore {
        do throws(StoreError) {
            return try await registry.open(
                url,
                creating: creating,
                cacheBytesMax: cacheBytesMax,
                environment: environment
            )
        } catch {
            throw named(error, url)
        }
    }

    /// The error of opening a store with the store's name in it.
    func named(_ error: StoreError, _ url: String) -> any Error {
        // Without secrets; a URL that can't be read might hold some anywhere.
        guard error.code != .cancelled, error.metadata["path"] == nil, let location = try? StoreLocation(url)
        else { return error }
        var metadata = ErrorText.metadata(error)
        metadata["store"] = "\(location)"
        return CommandError(error.isWrongUsage ? .usage : .failed, error.message, metadata)
    }
}

extension StoreError {
    /// Whether the command was called wrongly, as far as the error tells.
    var isWrongUsage: Bool { code == .invalidArgument || code == .unsupported }
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
