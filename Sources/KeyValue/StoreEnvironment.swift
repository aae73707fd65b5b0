/// What comes to a store from outside: randomness and time. Tests and simulators pass their own.
public struct StoreEnvironment: Sendable {
    /// 64 random bits, fit for nonces that must never repeat.
    public var random: @Sendable () -> UInt64
    /// The time since some fixed moment, on a clock that never goes back.
    public var now: @Sendable () -> Duration
    /// Returns after this long on the same clock; throws when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// An environment from its parts.
    public init(
        random: @escaping @Sendable () -> UInt64,
        now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.random = random
        self.now = now
        self.sleep = sleep
    }

    /// The system's random numbers and its monotonic clock.
    public static let live: StoreEnvironment = {
        let clock = ContinuousClock()
        let origin = clock.now
        let block = RandomBlock()
        return StoreEnvironment(
            random: { block.next() },
            now: { clock.now - origin },
            sleep: { try await clock.sleep(for: $0) }
        )
    }()

    /// A new identifier for a batch.
    public func makeWriteID() -> WriteID { WriteID(nonce: random()) }

    /// A new identity for a store that is being opened.
    public func makeIdentity() -> StoreIdentity { StoreIdentity(nonce: random()) }

    /// A new name for a mark.
    public func makeMarkID() -> MarkID { MarkID(high: random(), low: random()) }
}
