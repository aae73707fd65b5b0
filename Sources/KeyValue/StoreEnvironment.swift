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
    ///
    /// Names made within four milliseconds of each other begin with the same 32 bits, so that a store that keeps marks in
    /// order writes them into the same pages. The beginnings themselves are spread evenly: who lists marks in order, while
    /// others are left, doesn't run after the newest for ever.
    public func makeMarkID() -> MarkID {
        let moment = UInt64(bitPattern: nanoseconds()) >> 22
        let beginning = moment &* 0x9E37_79B9_7F4A_7C15 & ~UInt64(UInt32.max)
        return MarkID(high: beginning | random() >> 32, low: random())
    }
}
