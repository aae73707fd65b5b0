/// How often and how long failed calls are tried again.
public struct RetryPolicy: Hashable, Sendable {
    /// How often a call is made at most, at least once.
    public var attemptsMax: Int
    /// The longest pause after the first attempt; it doubles with each further one.
    public var pause: Duration
    /// The longest pause of all, also where the store asks for a longer one: then the call fails instead.
    public var pauseMax: Duration

    /// Five attempts within about a second, unless said otherwise.
    public init(attemptsMax: Int = 5, pause: Duration = .milliseconds(50), pauseMax: Duration = .seconds(2)) {
        self.attemptsMax = attemptsMax
        self.pause = pause
        self.pauseMax = pauseMax
    }

    /// The pause before the attempt after `attempt` (1 is the first); nil when there is to be none.
    ///
    /// Between half and the whole of the bound, by `random`, so that callers who failed together do not come back
    /// together; never less than the store asks for.
    public func pause(after attempt: Int, of error: StoreError, random: UInt64) -> Duration? {
        guard attempt < attemptsMax else { return nil }
        let asked = error.retryAfter ?? .zero
        guard asked <= pauseMax else { return nil }
        let doublings = min(attempt - 1, 30)
        let bound = min(pauseMax, pause * (1 << doublings))
        let share = 0.5 + Double(random >> 11) / Double(1 << 53) / 2
        return max(asked, bound * share)
    }
}
