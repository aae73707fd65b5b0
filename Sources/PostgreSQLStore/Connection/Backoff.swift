#if PostgreSQL
/// How long a connection that could not be made is left alone: twice as long with each failure, up to five seconds,
/// less a random part of up to a half, so that many clients do not come back together.
struct Backoff: Hashable, Sendable {
    private(set) var failures = 0

    mutating func succeed() { failures = 0 }

    /// The nanoseconds until the next attempt.
    mutating func fail(random: UInt64) -> Int64 {
        let longest: Int64 = min(50_000_000 << Int64(min(failures, 7)), 5_000_000_000)
        failures += 1
        return longest - Int64(random % UInt64(longest / 2))
    }
}
#endif
