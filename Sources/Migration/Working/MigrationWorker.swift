public import KeyValue

/// Copies, proves and carries over changes, until the migration is over. Any number of workers may run, in any processes that
/// reach both stores; each may be killed, or sleep for as long as it likes.
public struct MigrationWorker: Sendable {
    private static let restMax = Duration.milliseconds(50)

    private let stores: MigrationStores
    private let lease: Duration
    private let copiers: Int
    private let environment: StoreEnvironment
    private let retries: RetryPolicy
    private let onTrouble: @Sendable (StoreError) -> Void

    /// A worker of a migration.
    ///
    /// - Parameters:
    ///   - stores: the two stores, and the one that controls them.
    ///   - lease: for how long it holds a range without a word; 10 milliseconds to a day.
    ///   - copiers: how many ranges it copies at a time.
    ///   - environment: time and randomness.
    ///   - retries: how often what failed for a passing reason is tried again. Progress starts the count anew.
    ///   - onTrouble: told what failed and is tried again.
    public init(
        _ stores: MigrationStores,
        lease: Duration = .seconds(10),
        copiers: Int = 2,
        environment: StoreEnvironment = .live,
        retries: RetryPolicy = RetryPolicy(attemptsMax: 1_000),
        onTrouble: @escaping @Sendable (StoreError) -> Void = { _ in }
    ) {
        self.stores = stores
        self.lease = lease
        self.copiers = copiers
        self.environment = environment
        self.retries = retries
        self.onTrouble = onTrouble
    }

    /// Works until no worker of this migration can write any more.
    ///
    /// Throws `StoreError.Code.cancelled` when the task is cancelled, and what can't be mended by trying again: a row
    /// beyond the target's limits, damage, a control record of a newer release.
    public func run() async throws(StoreError) {
        let result = await withTaskGroup(of: Result<Void, StoreError>.self) { group in
            for _ in 0..<max(1, copiers) {
                group.addTask { await outcome { () async throws(StoreError) in try await copy() } }
            }
            group.addTask { await outcome { () async throws(StoreError) in try await reconcile() } }
            for await result in group {
                guard case .failure = result else { continue }
                group.cancelAll()
                return result
            }
            return .success(())
        }
        try result.get()
    }

    private func copy() async throws(StoreError) {
        var copier = try LiveCopier(stores, lease: lease, environment: environment)
        while true {
            let step = try await untilDone { () async throws(StoreError) in try await copier.step() }
            switch step {
            case .copied: break
            // A new proof may be asked for at any time.
            case .finished, .resting, .taken:
                if try await isOver() { return }
                try await pause(step == .finished ? .seconds(1) : .milliseconds(100))
            }
        }
    }

    private func reconcile() async throws(StoreError) {
        let reconciler = Reconciler(stores)
        var rest = Duration.milliseconds(1)
        while true {
            let round = try await untilDone { () async throws(StoreError) -> Reconciler.Round? in
                let state = try await stores.control.read().state
                if state.isRetired { return nil }
                guard let direction = state.mode.direction, state.mayReconcile(direction) else {
                    return Reconciler.Round()
                }
                return try await reconciler.pass(direction)
            }
            guard let round else { return }
            rest = round.listed > 0 ? .milliseconds(1) : min(rest * 2, MigrationWorker.restMax)
            try await pause(rest)
        }
    }

    private func isOver() async throws(StoreError) -> Bool {
        try await untilDone { () async throws(StoreError) in try await stores.control.read().state.isRetired }
    }

    /// Does it, again after failures that pass.
    private func untilDone<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        var attempt = 1
        while true {
            do throws(StoreError) {
                return try await body()
            } catch {
                if Task.isCancelled { throw .cancelled }
                guard MigrationWorker.mayPass(error), attempt < retries.attemptsMax else { throw error }
                onTrouble(error)
                // However long the store asks for.
                let rest =
                    retries.pause(after: attempt, of: error, random: environment.random()) ?? error.retryAfter
                    ?? retries.pauseMax
                try await pause(rest)
                attempt += 1
            }
        }
    }

    /// Whether it may be another thing the next time. The fences of the next mode are one of these, and so is a store
    /// that was moved away from meanwhile: the record says so when it is read again.
    private static func mayPass(_ error: StoreError) -> Bool {
        switch error.code {
        case .staleMode, .outcomeUnknown, .movedAway: true
        default: error.retry == .always && error.code != .cancelled
        }
    }

    private func pause(_ duration: Duration) async throws(StoreError) {
        do { try await environment.sleep(duration) } catch { throw .cancelled }
    }
}

private func outcome(_ body: () async throws(StoreError) -> Void) async -> Result<Void, StoreError> {
    do throws(StoreError) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
