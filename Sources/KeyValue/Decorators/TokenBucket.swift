/// The pure half of a rate limit: tokens that come in at a steady rate, up to a burst.
///
/// Time is passed in and never goes back. Tokens may be owed: a reservation is always granted, and says how long its
/// holder has to wait.
package struct TokenBucket: Sendable {
    let tokensPerSecond: Double
    let burst: Double
    private var tokens: Double
    private var filledAt: Duration

    package init(tokensPerSecond: Double, burst: Double, now: Duration) {
        self.tokensPerSecond = tokensPerSecond
        self.burst = burst
        tokens = burst
        filledAt = now
    }

    /// Takes `count` tokens if they are there within `waitMax`, and says how long to wait for them; otherwise takes
    /// none and says how long it would have been.
    package mutating func reserve(
        _ count: Double,
        waitMax: Duration,
        now: Duration
    ) -> (granted: Bool, wait: Duration) {
        let elapsed = (now - filledAt) / .seconds(1)
        tokens = min(burst, tokens + max(0, elapsed) * tokensPerSecond)
        filledAt = max(filledAt, now)
        let missing = count - tokens
        let wait: Duration = missing <= 0 ? .zero : .seconds(missing / tokensPerSecond)
        guard wait <= waitMax else { return (false, wait) }
        tokens -= count
        return (true, wait)
    }
}
