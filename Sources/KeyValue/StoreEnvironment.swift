import Glibc

/// What comes to a store from outside: randomness and time. Tests and simulators pass their own.
public struct StoreEnvironment: Sendable {
    /// 64 random bits, fit for nonces that must never repeat.
    public var random: @Sendable () -> UInt64
    /// The nanoseconds since some fixed moment, on a clock that never goes back and goes on while the machine sleeps.
    public var nanoseconds: @Sendable () -> Int64
    /// Returns after this long on the same clock; throws when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// An environment from its parts.
    public init(
        random: @escaping @Sendable () -> UInt64,
        nanoseconds: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.random = random
        self.nanoseconds = nanoseconds
        self.sleep = sleep
    }

    /// The system's random numbers and its clock since it was started.
    public static let live: StoreEnvironment = {
        let block = RandomBlock()
        return StoreEnvironment(
            random: { block.next() },
            nanoseconds: {
                // Read directly: the standard library's clock counts in attoseconds, at three times the cost.
                var time = timespec()
                clock_gettime(CLOCK_BOOTTIME, &time)
                return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
            },
            sleep: { try await Task.sleep(for: $0, clock: .continuous) }
        )
    }()

    /// The time since some fixed moment, on the clock of ``nanoseconds``.
    public func now() -> Duration { .nanoseconds(nanoseconds()) }

    /// A new identifier for a batch.
    public func makeWriteID() -> WriteID { WriteID(nonce: random()) }

    /// A new identity for a store that is being opened.
    public func makeIdentity() -> StoreIdentity { StoreIdentity(nonce: random()) }

    /// A new name for a mark.
    public func makeMarkID() -> MarkID { MarkID(high: random(), low: random()) }
}
