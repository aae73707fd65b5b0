import Synchronization

/// Holds back calls, so that the store behind gets no more than a rate of them.
///
/// Every key, batch, page and listing costs one token. A call that would have to wait longer than it may is refused
/// with ``StoreError/Code/throttled`` and the time after which to try again, so that nothing piles up.
public final class LimitedStore: StoreDecorator {
    public let base: any KeyValueStore
    private let environment: StoreEnvironment
    private let waitMax: Duration
    private let bucket: Mutex<TokenBucket>

    /// Limits `base` to a steady rate above zero, with `burst` items at once after a quiet time, at least one. A call
    /// of more items than that pays for a whole burst. No call is held back longer than `waitMax`.
    public init(
        _ base: any KeyValueStore,
        itemsPerSecond: Double,
        burst: Int,
        waitMax: Duration,
        environment: StoreEnvironment = .live
    ) throws(StoreError) {
        guard itemsPerSecond > 0, itemsPerSecond.isFinite, burst > 0, waitMax >= .zero else {
            throw .invalidArgument("A rate limit needs a positive rate, a positive burst, and a wait.")
        }
        self.base = base
        self.environment = environment
        self.waitMax = waitMax
        bucket = Mutex(
            TokenBucket(tokensPerSecond: itemsPerSecond, burst: Double(burst), now: environment.now())
        )
    }

    @inline(__always)
    public func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let now = environment.now()
        let (granted, wait) = bucket.withLock { bucket in
            // A call larger than the burst could otherwise never go.
            bucket.reserve(min(Double(max(1, call.items)), bucket.burst), waitMax: waitMax, now: now)
        }
        guard granted else {
            throw StoreError(
                .throttled,
                "The rate limit is used up: try again later, or raise it.",
                retryAfter: wait
            )
        }
        if wait > .zero {
            do { try await environment.sleep(wait) } catch { throw .cancelled }
        }
        return try await body()
    }
}
