/// Tries again what may be tried again, and resolves writes whose outcome is unknown as far as it can be known.
///
/// - What fails with ``StoreError/Retry/always`` is repeated with growing, random pauses.
/// - A write of unknown outcome is sent again only under a precondition that its first attempt would break. When the
///   repetition finds the first attempt's row, the write has succeeded.
/// - Any other write of unknown outcome is looked up: if its rows are there, it has succeeded. If not,
///   ``StoreError/Code/outcomeUnknown`` stands, since the batch may still be on its way.
///
/// A receipt that was restored by looking knows no ``WriteReceipt/Outcome/existed``, and no revision of a row that
/// has been overwritten since.
public struct RetryingStore: StoreDecorator {
    public let base: any KeyValueStore
    private let policy: RetryPolicy
    private let environment: StoreEnvironment

    /// Retries calls on `base`.
    public init(
        _ base: any KeyValueStore,
        policy: RetryPolicy = RetryPolicy(),
        environment: StoreEnvironment = .live
    ) {
        self.base = base
        self.policy = policy
        self.environment = environment
    }

    public func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        do throws(StoreError) { return try await body() } catch { return try await repeated(after: error, body) }
    }

    // Not through `around`: the commonest call is spared the closure.
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        do throws(StoreError) {
            return try await base.get(keys, options)
        } catch {
            return try await repeated(after: error) { () async throws(StoreError) in
                try await base.get(keys, options)
            }
        }
    }

    private func repeated<Result: Sendable>(
        after first: StoreError,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        var error = first
        var attempt = 1
        while true {
            guard error.retry == .always else { throw error }
            try await pause(after: attempt, of: error)
            attempt += 1
            do throws(StoreError) { return try await body() } catch let next { error = next }
        }
    }

    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let batch = identified(batch)
        do throws(StoreError) {
            return try await base.write(batch)
        } catch {
            return try await resume(batch, after: error, attempt: 1, unresolved: nil)
        }
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        let batches = batches.map(identified)
        var results = await base.write(each: batches)
        for index in results.indices {
            guard case .failure(let error) = results[index] else { continue }
            do throws(StoreError) {
                results[index] = .success(try await resume(batches[index], after: error, attempt: 1, unresolved: nil))
            } catch {
                results[index] = .failure(error)
            }
        }
        return results
    }

    /// Only a batch with an identifier can be recognised afterwards.
    private func identified(_ batch: WriteBatch) -> WriteBatch {
        var batch = batch
        if batch.id == nil { batch.id = environment.makeWriteID() }
        return batch
    }

    /// What to do after an attempt that failed; `unresolved` is the error of an earlier one that may have been applied.
    private func resume(
        _ batch: WriteBatch,
        after error: StoreError,
        attempt: Int,
        unresolved: StoreError?
    ) async throws(StoreError) -> WriteReceipt {
        switch error.code {
        case .outcomeUnknown where !batch.mayBeResent:
            return try await lookUp(batch, otherwise: error)
        case .preconditionFailed:
            // Met by the first attempt, it is what it says. Met by a repetition, it may be the first attempt's doing.
            guard let unresolved else { throw error }
            return try await lookUp(batch, otherwise: unresolved)
        case .outcomeUnknown:
            try await pause(after: attempt, of: error)
            return try await resend(batch, attempt: attempt + 1, unresolved: error)
        default:
            guard error.retry == .always else { throw unresolved ?? error }
            do throws(StoreError) {
                try await pause(after: attempt, of: error)
            } catch { throw unresolved ?? error }
            return try await resend(batch, attempt: attempt + 1, unresolved: unresolved)
        }
    }

    private func resend(
        _ batch: WriteBatch,
        attempt: Int,
        unresolved: StoreError?
    ) async throws(StoreError) -> WriteReceipt {
        do throws(StoreError) {
            return try await base.write(batch)
        } catch {
            return try await resume(batch, after: error, attempt: attempt, unresolved: unresolved)
        }
    }

    /// The receipt if the batch's rows are there; throws `unknown` otherwise.
    private func lookUp(_ batch: WriteBatch, otherwise unknown: StoreError) async throws(StoreError) -> WriteReceipt {
        let keysMax = base.capabilities.limits.getKeysMax
        var entries: [Entry?] = []
        for start in stride(from: 0, to: batch.operations.count, by: keysMax) {
            let keys = batch.operations[start...].prefix(keysMax).map(\.key)
            do throws(StoreError) {
                entries += try await get(keys, ReadOptions(includesTombstones: true))
            } catch { throw unknown }
        }
        guard let receipt = batch.receipt(from: entries) else { throw unknown }
        return receipt
    }

    private func pause(after attempt: Int, of error: StoreError) async throws(StoreError) {
        // A cancelled task is not kept waiting, and its error is the one that it had.
        guard error.code != .cancelled, !Task.isCancelled,
            let pause = policy.pause(after: attempt, of: error, random: environment.random())
        else { throw error }
        let original = error
        do { try await environment.sleep(pause) } catch { throw original }
    }
}
