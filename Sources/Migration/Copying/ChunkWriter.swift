import KeyValue

/// Writes one chunk of rows, each in a batch of its own, and tries again what failed for a passing reason.
struct ChunkWriter: Sendable {
    private struct Attempt {
        let row: Row
        var batch: WriteBatch
        /// Whether an earlier attempt may have been applied.
        var isUnresolved = false
    }

    let target: any KeyValueStore
    let options: CopyOptions
    let environment: StoreEnvironment

    func write(_ rows: [Row]) async throws(StoreError) -> CopyReport {
        var report = CopyReport()
        var pending = rows.map { Attempt(row: $0, batch: batch(for: $0)) }
        var attempt = 1
        while true {
            if Task.isCancelled { throw .cancelled }
            let results = await target.write(each: pending.map(\.batch))
            var again: [Attempt] = []
            var reason: StoreError?
            for (sent, result) in zip(pending, results) {
                guard case .failure(let error) = result else {
                    report.addWritten(sent.row)
                    continue
                }
                if try await settle(sent, error, in: &report) { continue }
                var next = sent
                if error.code == .outcomeUnknown { next.isUnresolved = true }
                again.append(next)
                reason = error
            }
            guard let reason else { return report }
            attempt = again.count < pending.count ? 1 : attempt
            pending = again
            try await pause(after: attempt, of: reason)
            attempt += 1
        }
    }

    /// Only a batch with an identifier can be recognised afterwards.
    private func batch(for row: Row) -> WriteBatch {
        let operation = WriteBatch.Operation(
            row.isTombstone ? .bury : .put(row.value),
            at: row.key,
            if: options.onExisting == .replace ? nil : .vacant
        )
        return WriteBatch([operation], epoch: options.epoch, id: environment.makeWriteID())
    }

    /// Whether a failed row is done with; false when it is to be sent again. Throws what ends the copy.
    private func settle(
        _ attempt: Attempt,
        _ error: StoreError,
        in report: inout CopyReport
    ) async throws(StoreError) -> Bool {
        switch error.code {
        case .preconditionFailed:
            if attempt.isUnresolved, try await isOwn(attempt, error) {
                report.addWritten(attempt.row)
            } else if options.onExisting == .keep {
                report.kept += 1
            } else {
                throw StoreError(
                    .preconditionFailed,
                    "The target already has this key: choose whether to keep or to replace what is there.",
                    ["key": "\(attempt.row.key)"]
                )
            }
            return true
        case .tooLarge, .invalidArgument:
            report.addFailure(attempt.row, error, listedMax: options.failuresListedMax)
            return true
        case .outcomeUnknown:
            // The repetition writes the same row under the same precondition, so it does no harm.
            return false
        default:
            guard error.retry == .always, error.code != .cancelled else { throw error }
            return false
        }
    }

    /// Whether the row that is in the way was written by the earlier attempt.
    private func isOwn(_ attempt: Attempt, _ error: StoreError) async throws(StoreError) -> Bool {
        guard let id = attempt.batch.id else { return false }
        if case .row(let entry) = error.conflicts.first?.occupant { return entry.revision.isWritten(by: id) }
        let entry = try await target.get(attempt.row.key, ReadOptions(includesTombstones: true))
        return entry?.revision.isWritten(by: id) ?? false
    }

    private func pause(after attempt: Int, of error: StoreError) async throws(StoreError) {
        guard let pause = options.retries.pause(after: attempt, of: error, random: environment.random()) else {
            throw error
        }
        do { try await environment.sleep(pause) } catch { throw .cancelled }
    }
}
