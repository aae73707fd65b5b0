import Records

/// An upload whose processing failed as often as it is tried, so that nobody tries it again by themselves.
public struct DeadLetter: Hashable, Sendable {
    /// The upload.
    public let upload: String
    /// Whose it is.
    public let owner: String
    /// Why the last attempt failed.
    public let failure: String
    /// How many attempts failed.
    public let failures: Int64
}

extension FilesService {
    /// Calls `body` with each upload whose processing failed as often as it is tried, those that began first before
    /// others. It reads the failed uploads page by page.
    public func visitDeadLetters(_ body: (DeadLetter) async throws -> Void) async throws {
        let attemptsMax = configuration.processingAttemptsMax
        try await uploads.visit(.failed) { upload in
            guard upload.failures >= attemptsMax else { return }
            try await body(
                DeadLetter(
                    upload: upload.id,
                    owner: upload.owner,
                    failure: upload.failure,
                    failures: upload.failures
                )
            )
        }
    }

    /// Has an upload processed again whose processing failed, as if it had never been tried.
    ///
    /// - Throws: ``FilesError/Code/notFound``, and ``FilesError/Code/wrongStatus`` for one whose processing did not fail.
    public func retry(_ upload: String) async throws {
        let changed = try await uploads.change(upload.lowercased()) { upload in
            guard upload.statusNow == .failed else {
                throw FilesError(.wrongStatus, "The last attempt to process the file did not fail.")
            }
            upload.failures = 0
            upload.clearRetryAtMilliseconds()
        }
        waiting.append(changed.upload.id)
    }
}
