/// Limits and times of the files service.
public struct FilesConfiguration: Sendable {
    /// How long an upload may take until its last part has come, and how long temporary ones stay.
    public var uploadLifetime: Duration = .seconds(86_400)
    /// For how long a location for fetching private bytes is good.
    public var downloadLifetime: Duration = .seconds(10_800)
    /// After how long an attempt to process counts as given up.
    public var processingTime: Duration = .seconds(600)
    /// How often processing is tried.
    public var processingAttemptsMax: Int64 = 5
    /// How long ``FilesService/processWaiting()`` leaves alone what has failed once; after each further failure it is
    /// twice as long, up to ``retryDelayMax``.
    public var retryDelay: Duration = .seconds(15)
    /// The longest that ``FilesService/processWaiting()`` leaves alone what has failed.
    public var retryDelayMax: Duration = .seconds(3_600)
    /// After how long what was uploaded and not processed is taken up by ``FilesService/processWaiting()``, and after how
    /// long the parts of an upload are looked for by ``FilesService/keepLookedAfter(every:report:)``: until then it is
    /// left to its client to tell of them.
    public var waitingTime: Duration = .seconds(60)
    /// How many uploads wait at most to be processed at once; more wait for the next round.
    public var waitingMax = 10_000
    /// How many records a list may look at for one page.
    public var examinedMax = 20_000
    /// How many more it may look at when it is asked how many there are and no count is kept of that.
    public var countedMax = 10_000
    /// What a background image's location has to begin with, besides those of the service's own public objects.
    public var backgroundOrigins: [String] = []

    /// The usual limits and times.
    public init() {}
}

extension FilesConfiguration {
    /// How long what has failed so often is left alone.
    func retryDelay(after failures: Int64) -> Duration {
        // No more doublings than make a day of a second.
        min(retryDelayMax, retryDelay * (1 << min(max(failures - 1, 0), 17)))
    }
}

/// What the service asks of others at certain points.
public struct FilesHooks: Sendable {
    /// Called before an upload begins, with its owner, and the number of bytes; it throws to refuse.
    public var beforeUpload: @Sendable (_ owner: String, _ contentLength: Int64) async throws -> Void
    /// Processes an upload whose parts are there. It may be called again for the same upload, after a failure or where
    /// nobody knows how the last attempt ended. Nil where nothing is to be done: then no attempt is claimed, and processing
    /// an upload is one change.
    public var process: (@Sendable (ProcessingJob) async throws -> ProcessingOutcome)?

    /// Hooks from their parts; those that are left out do nothing.
    public init(
        beforeUpload: @escaping @Sendable (_ owner: String, _ contentLength: Int64) async throws -> Void = { _, _ in },
        process: (@Sendable (ProcessingJob) async throws -> ProcessingOutcome)? = nil
    ) {
        self.beforeUpload = beforeUpload
        self.process = process
    }
}

/// What is to be processed.
public struct ProcessingJob: Hashable, Sendable {
    /// A part as it lies in its bucket.
    public struct Part: Hashable, Sendable {
        /// Its name in the bucket.
        public let name: String
        /// Its type.
        public let type: String
        /// Its media type.
        public let contentType: String
        /// Its size in bytes.
        public let contentLength: Int64
    }

    /// The upload.
    public let upload: String
    /// Whose it is.
    public let owner: String
    /// Where its parts are.
    public let bucket: String
    /// The parts.
    public let parts: [Part]
    /// The format that is to be exported; nil to validate what was uploaded.
    public let exportFormat: String?
    /// What tells this attempt from every other: for names of what it makes.
    public let attempt: UInt64
}

/// What processing made of an upload.
public struct ProcessingOutcome: Hashable, Sendable {
    /// The name in the bucket of what was exported; nil where nothing was asked for or the name is not to be kept.
    public var exportedName: String?
    /// Texts to be kept with the upload, by names of the form `c_` and letters.
    public var details: [String: String]

    /// An outcome from its parts.
    public init(exportedName: String? = nil, details: [String: String] = [:]) {
        self.exportedName = exportedName
        self.details = details
    }
}
