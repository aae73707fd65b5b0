public import KeyValue
public import Tuples

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

/// What could not be processed, for whoever decides what becomes of it. Every method may be called from any task,
/// concurrently, also beside services of the same records.
public struct DeadLetters: Sendable {
    let uploads: UploadRecords
    let attemptsMax: Int64
    /// Where a service takes up what is to be processed at once.
    let waiting: ProcessingQueue?

    /// Opens the dead letters of a service's records, beside the service or without it.
    ///
    /// - Parameters:
    ///   - store: The store, which stays the caller's to close.
    ///   - attemptsMax: How often the service tries, as its ``FilesConfiguration/processingAttemptsMax`` says.
    ///   - namespace: The name of the records' part of the store.
    ///   - environment: The time and the randomness that records need.
    ///   - wallClock: The time of day.
    /// - Throws: What `RecordStore` throws for stores and schemas that don't fit.
    public static func open(
        _ store: any KeyValueStore,
        attemptsMax: Int64 = FilesConfiguration().processingAttemptsMax,
        namespace: String = FilesService.namespace,
        environment: StoreEnvironment = .live,
        wallClock: @escaping @Sendable () -> Timestamp
    ) async throws -> DeadLetters {
        let uploads = try await UploadRecords.open(store, namespace, nil, .linearizable, environment, wallClock)
        return DeadLetters(uploads: uploads, attemptsMax: attemptsMax, waiting: nil)
    }

    /// Calls `body` with each, those that began first before others. It reads the failed uploads page by page.
    public func visit(_ body: (DeadLetter) async throws -> Void) async throws {
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

    /// Has an upload processed again whose processing failed, as if it had never been tried: at once by the service that
    /// this is of, else in the next round of one that looks after the records.
    ///
    /// - Throws: ``FilesError/Code/notFound``, and ``FilesError/Code/wrongStatus`` for one whose processing did not fail.
    public func retry(_ upload: String) async throws {
        let id = try await changeFailed(upload) { upload in
            upload.failures = 0
            upload.clearRetryAtMilliseconds()
        }
        waiting?.append(id)
    }

    /// Gives up an upload whose processing failed: nobody is shown it any more, and the next round of a service that looks
    /// after the records removes it with its bytes.
    ///
    /// - Throws: What ``retry(_:)`` throws.
    public func drop(_ upload: String) async throws {
        let now = uploads.now()
        _ = try await changeFailed(upload) { $0.end(at: now) }
    }

    private func changeFailed(
        _ upload: String,
        _ edit: @escaping @Sendable (inout StoredUpload) -> Void
    ) async throws -> String {
        try await uploads.change(upload.lowercased()) { upload in
            guard upload.statusNow == .failed else {
                throw FilesError(.wrongStatus, "The last attempt to process the file did not fail.")
            }
            edit(&upload)
        }.upload.id
    }
}

extension FilesService {
    /// The uploads whose processing failed as often as this service tries.
    public var deadLetters: DeadLetters {
        DeadLetters(uploads: uploads, attemptsMax: configuration.processingAttemptsMax, waiting: waiting)
    }
}
