import Synchronization

/// A clock that moves by one step, forward, back or not at all, whenever it is asked.
final class Ticks: Sendable {
    private let step: Int64
    private let time = Mutex(Int64(0))

    init(step: Int64) { self.step = step }

    func next() -> Int64 {
        time.withLock { time in
            time &+= step
            return time
        }
    }
}
