import KeyValue
import ObjectStorage
import Records

extension FilesService {
    /// Does round after round, until the task is cancelled, what nobody asks for: looks for parts that came without
    /// notice, processes what waits, removes what has expired and what uploads that broke off have left of bytes, and
    /// finishes what crashed writers of records have begun. One program does it, or several.
    ///
    /// Uploads that began less than ``FilesConfiguration/waitingTime`` ago are left alone: their clients are about to tell
    /// of their parts, and are to have the answer to that.
    ///
    /// - Parameters:
    ///   - interval: How long to rest between two rounds, on the clock of the environment.
    ///   - report: Told why a step of a round ended early. The next steps and rounds come all the same.
    public func keepLookedAfter(
        every interval: Duration,
        report: @Sendable (any Error) -> Void = { _ in }
    ) async {
        let steps: [@Sendable () async throws -> Void] = [
            { _ = try await noticeParts(begunBy: uploads.now() - configuration.waitingTime.milliseconds) },
            { try await processWaiting() }, { try await removeExpired() },
            { for provider in providers.values { try await provider.removeLeftovers() } },
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
