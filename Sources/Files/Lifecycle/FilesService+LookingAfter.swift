import KeyValue
import Records

extension FilesService {
    /// Does round after round, until the task is cancelled, what nobody asks for: processes what waits, removes what has
    /// expired, looks for parts that came without notice, and finishes what crashed writers of records have begun. One
    /// program does it, or several.
    ///
    /// - Parameters:
    ///   - interval: How long to rest between two rounds, on the clock of the environment.
    ///   - report: Told why a step of a round ended early. The next steps and rounds come all the same.
    public func keepLookedAfter(
        every interval: Duration,
        report: @Sendable (any Error) -> Void = { _ in }
    ) async {
        let steps: [@Sendable () async throws -> Void] = [
            { _ = try await sync(by: .service) }, { try await processWaiting() }, { try await removeExpired() },
            { try await uploads.records.sweepAll() },
        ]
        while !Task.isCancelled {
            for step in steps {
                do { try await step() } catch { if !Task.isCancelled { report(error) } }
            }
            do { try await environment.sleep(interval) } catch { return }
        }
    }
}
