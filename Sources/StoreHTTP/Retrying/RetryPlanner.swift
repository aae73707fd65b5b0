package import KeyValue

/// Whether and when a request is sent again. Pure: the moments and the random bits are passed in.
package struct RetryPlanner: Hashable, Sendable {
    /// How often, and with which pauses.
    package var policy: RetryPolicy

    package init(policy: RetryPolicy = RetryPolicy()) { self.policy = policy }

    /// The pause before the request is sent again; nil when it is not.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt that failed; 1 is the first.
    ///   - error: Why it failed.
    ///   - isRepeatable: Whether the request does no more when it is applied twice. Otherwise it is sent again only
    ///     where the error says that nothing was written.
    ///   - now: The present moment.
    ///   - deadline: When there has to be a reply, on the same clock. No pause goes on until then.
    ///   - random: 64 random bits.
    package func pause(
        after attempt: Int,
        of error: StoreError,
        isRepeatable: Bool,
        now: Duration,
        deadline: Duration,
        random: UInt64
    ) -> Duration? {
        let isSafe = error.retry == .always || (error.code == .outcomeUnknown && isRepeatable)
        guard error.code != .cancelled, isSafe, let pause = policy.pause(after: attempt, of: error, random: random),
            now + pause < deadline
        else { return nil }
        return pause
    }
}
