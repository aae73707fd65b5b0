public import KeyValue
import Synchronization

/// Time and randomness under a test's control: the clock moves only when the test, or somebody's sleep, moves it.
public final class SimulatedTime: Sendable {
    private struct State {
        var now: Duration = .zero
        var generator: SeededGenerator
        var slept: [Duration] = []
    }

    private let state: Mutex<State>
    private let whileSleeping: @Sendable () async -> Void

    /// A clock at zero, and the random numbers of `seed`.
    ///
    /// - Parameter whileSleeping: what others do while somebody sleeps; runs after the clock has moved.
    public init(seed: UInt64 = 1, whileSleeping: @escaping @Sendable () async -> Void = {}) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
        self.whileSleeping = whileSleeping
    }

    /// The time now.
    public var now: Duration { state.withLock { $0.now } }

    /// Every sleep so far.
    public var slept: [Duration] { state.withLock { $0.slept } }

    /// Moves the clock.
    public func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    /// What to pass to a store.
    public var environment: StoreEnvironment { environment(speed: 1) }

    /// The same, with a clock that runs at another speed.
    public func environment(speed: Double) -> StoreEnvironment {
        StoreEnvironment(
            random: { self.state.withLock { $0.generator.next() } },
            nanoseconds: { Int64(self.now * speed / .nanoseconds(1)) },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.now += duration / speed
                    state.slept.append(duration)
                }
                await self.whileSleeping()
            }
        )
    }
}
