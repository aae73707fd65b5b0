import JSONFormat
import KeyValue
import Records

extension FilesService {
    /// Processes what was uploaded, or makes an export of it.
    func process(_ parameters: Parameters, by caller: Caller) async throws -> Answer {
        let owner = try caller.acting(as: parameters.text("username"))
        let id = parameters.upload()
        var found: FoundUpload?
        if let owner {
            found = try await uploads.get(id)
            guard let found else { throw FilesError.noUpload }
            guard found.upload.owner == owner else { throw FilesError.foreign }
        }
        return try await process(
            id,
            from: found,
            parameters["export"],
            awaitsPostActions: parameters.flag("awaitPostActions")
        )
    }

    /// One attempt, from the claim to its end. Nobody else processes the upload meanwhile.
    ///
    /// Where the task is cancelled before it is processed, the claim is given back, as if nobody had tried. What changes
    /// records goes on then: nobody would know otherwise whether it was done.
    func process(
        _ id: String,
        from found: FoundUpload? = nil,
        _ export: JSON?,
        awaitsPostActions: Bool
    ) async throws -> Answer {
        try Task.checkCancellation()
        let attempt = environment.random()
        guard let work = hooks.process else {
            return try await Task { try await processAtOnce(id, found, attempt, export, awaitsPostActions) }.value
        }
        let claim = try await Task { try await beginProcessing(id, found, attempt, export) }.value
        let outcome: ProcessingOutcome
        do {
            try Task.checkCancellation()
            outcome = try await work(ProcessingJob(claim.upload, attempt))
        } catch {
            guard !Task.isCancelled else {
                try await Task { try await giveBack(claim) }.value
                throw CancellationError()
            }
            try await Task { try await giveUp(claim, error) }.value
            throw FilesError(.processingFailed, "The file could not be processed.")
        }
        return try await Task { try await endProcessing(claim, outcome, awaitsPostActions) }.value
    }

    private func beginProcessing(
        _ id: String,
        _ found: FoundUpload?,
        _ attempt: UInt64,
        _ export: JSON?
    ) async throws -> ProcessingClaim {
        let now = uploads.now()
        let limits = configuration
        let claimed = try await uploads.change(id, from: found) { upload in
            try upload.beginProcessing(attempt, export, at: now, limits)
        }
        return ProcessingClaim(attempt: attempt, began: now, upload: claimed.upload, before: claimed.result)
    }

    private func endProcessing(
        _ claim: ProcessingClaim,
        _ outcome: ProcessingOutcome,
        _ awaitsPostActions: Bool
    ) async throws -> Answer {
        let done = try await uploads.change(claim.upload.id) { upload in
            try upload.endProcessing(claim.attempt, outcome, at: claim.began)
        }
        return await answer(done, awaitsPostActions)
    }

    /// An attempt in which nothing is to be done, so that nobody could be in its way.
    private func processAtOnce(
        _ id: String,
        _ found: FoundUpload?,
        _ attempt: UInt64,
        _ export: JSON?,
        _ awaitsPostActions: Bool
    ) async throws -> Answer {
        let now = uploads.now()
        let limits = configuration
        let done = try await uploads.change(id, from: found) { upload in
            _ = try upload.beginProcessing(attempt, export, at: now, limits)
            return try upload.endProcessing(attempt, ProcessingOutcome(), at: now)
        }
        return await answer(done, awaitsPostActions)
    }

    private func answer(
        _ done: (upload: StoredUpload, version: RecordVersion?, result: String?),
        _ awaitsPostActions: Bool
    ) async -> Answer {
        guard let action = done.result else {
            return Answer(done.upload.wire(), version: done.version.map { "\($0)" })
        }
        let result = await run(postAction: action, of: done.upload)
        return Answer(awaitsPostActions ? .array([result]) : .null)
    }

    private func giveUp(_ claim: ProcessingClaim, _ error: any Error) async throws {
        let reason = String("\(error)".prefix(1_000))
        let now = uploads.now()
        let limits = configuration
        _ = try await uploads.change(claim.upload.id) { upload in
            guard upload.processing.attempt == claim.attempt, let next = upload.statusNow.after(.processingFailed)
            else { return }
            upload.status = next.rawValue
            upload.clearProcessing()
            upload.failure = reason
            upload.failures += 1
            upload.retryAtMilliseconds = now + limits.retryDelay(after: upload.failures).milliseconds
        }
    }

    private func giveBack(_ claim: ProcessingClaim) async throws {
        _ = try await uploads.change(claim.upload.id) { upload in
            guard upload.processing.attempt == claim.attempt else { return }
            claim.before.restore(in: &upload)
        }
    }

    /// What is to be said of the upload once it is processed. That it fails is told, and no failure of processing.
    private func run(postAction text: String, of upload: StoredUpload) async -> JSON {
        do {
            let meta = JSON(parsing: Array(text.utf8))?["update"] ?? .object([])
            _ = try await change(upload.id, meta: meta.members ?? [], direct: nil, as: upload.owner, if: nil)
            return .object([.init("status", .string("fulfilled")), .init("value", .bool(true))])
        } catch {
            let reason = String("\(error)".prefix(1_000))
            return .object([.init("status", .string("rejected")), .init("reason", .string(reason))])
        }
    }

    /// Processes what was uploaded a while ago and what others gave up, oldest first. What has failed is left alone for
    /// ``FilesConfiguration/retryDelay``, and for longer after each further failure.
    ///
    /// - Returns: How many attempts were made. Those that failed are in the records of their uploads.
    @discardableResult
    public func processWaiting() async throws -> Int {
        let now = uploads.now()
        let before = now - configuration.waitingTime.milliseconds
        var attempts = 0
        for status in [Status.failed, .processing, .uploaded] {
            try await uploads.visit(status) { upload in
                let isMeant =
                    switch status {
                    case .uploaded: !upload.held && upload.uploadedAtMilliseconds <= before
                    case .processing: upload.processing.untilMilliseconds <= before
                    default:
                        upload.failures < configuration.processingAttemptsMax && !upload.isUsable
                            && upload.retryAtMilliseconds <= now
                    }
                guard isMeant else { return }
                attempts += 1
                // What can't be processed says so in its record, and is not in the way of the rest.
                do { _ = try await process(upload.id, nil, awaitsPostActions: false) } catch is FilesError {}
            }
        }
        return attempts
    }

    /// Processes uploads as they are finished, until the task is cancelled. One task of a service does it.
    public func processFinished(report: @Sendable (any Error) -> Void = { _ in }) async {
        for await id in waiting.uploads {
            if Task.isCancelled { return }
            do { _ = try await process(id, nil, awaitsPostActions: false) } catch { report(error) }
        }
    }
}

extension ProcessingJob {
    init(_ upload: StoredUpload, _ attempt: UInt64) {
        self.upload = upload.id
        owner = upload.owner
        bucket = upload.bucket
        parts = upload.parts.map {
            Part(name: $0.name, type: $0.type, contentType: $0.contentType, contentLength: $0.contentLength)
        }
        exportFormat = upload.exportFormat
        self.attempt = attempt
    }
}

extension StoredUpload {
    /// The format of the export that is under way, or failed last.
    fileprivate var exportFormat: String? {
        hasExport ? JSON(parsing: Array(export.utf8))?["format"]?.text : nil
    }

    /// Claims the upload for an attempt.
    ///
    /// - Returns: What it was before.
    fileprivate mutating func beginProcessing(
        _ attempt: UInt64,
        _ export: JSON?,
        at now: Int64,
        _ limits: FilesConfiguration
    ) throws(FilesError) -> Unclaimed {
        let before = Unclaimed(self)
        if let export { self.export = String(decoding: export.encoded, as: UTF8.self) }
        if let format = exportFormat, exports[format] != nil {
            throw FilesError(.exportExists, "There is an export of this format already.")
        }
        if statusNow == .processing, processing.untilMilliseconds > now {
            throw FilesError(.beingProcessed, "The file is being processed: try later.")
        }
        if statusNow == .failed, failures >= limits.processingAttemptsMax {
            throw FilesError(.processingFailed, "The file could not be processed, and is not tried again.")
        }
        guard let next = statusNow.after(hasExport ? .exportBegan : .processingBegan) else {
            throw hasExport
                ? FilesError(.beingProcessed, "The file can't be exported before it is processed.")
                : FilesError(.wrongStatus, "The file is not uploaded yet, or was processed already.")
        }
        status = next.rawValue
        held = false
        processing = StoredProcessing()
        processing.attempt = attempt
        processing.untilMilliseconds = now + limits.processingTime.milliseconds
        return before
    }

    /// Ends an attempt well: what was said of the upload meanwhile stays.
    ///
    /// - Returns: The post-action, which is now no longer kept.
    fileprivate mutating func endProcessing(
        _ attempt: UInt64,
        _ outcome: ProcessingOutcome,
        at now: Int64
    ) throws(FilesError) -> String? {
        guard hasProcessing, processing.attempt == attempt, let next = statusNow.after(.processingSucceeded) else {
            throw FilesError(.beingProcessed, "The attempt took too long and was taken over.")
        }
        status = next.rawValue
        if !hasProcessedAtMilliseconds { processedAtMilliseconds = now }
        if let format = exportFormat, let name = outcome.exportedName { exports[format] = name }
        for (name, text) in outcome.details where TextForm.customName.holds(name) {
            details[name] = String(decoding: JSON.string(text).encoded, as: UTF8.self)
        }
        clearProcessing()
        clearExport()
        failure = ""
        failures = 0
        clearRetryAtMilliseconds()
        let action = hasPostAction ? postAction : nil
        clearPostAction()
        return action
    }
}
