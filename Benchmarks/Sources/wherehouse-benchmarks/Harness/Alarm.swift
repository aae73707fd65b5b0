import Foundation
import Synchronization

/// A thread that wakes tasks at set times.
///
/// It goes before all threads of this process, as a timer of the system does, so that what a task is late is what it
/// waited for a thread to run on.
final class Alarm: Sendable {
    private struct Wish {
        var due: Double
        var continuation: UnsafeContinuation<Double, Never>
    }

    private let wish = Mutex<Wish?>(nil)
    private let isWished = DispatchSemaphore(value: 0)

    init() {
        let thread = Thread { [self] in
            if Scheduling.current() == .fifo {
                var priority = sched_param(sched_priority: 2)
                sched_setscheduler(0, SCHED_FIFO, &priority)
            }
            while let wish = next() {
                var pause = timespec(tv_sec: 0, tv_nsec: max(0, Int(wish.due - Clock.wall())))
                nanosleep(&pause, nil)
                wish.continuation.resume(returning: wish.due)
            }
        }
        thread.start()
    }

    /// Returns after a time below a second; the moment at which it was to return.
    func sleep(nanoseconds: Double) async -> Double {
        await withUnsafeContinuation { continuation in
            wish.withLock { $0 = Wish(due: Clock.wall() + nanoseconds, continuation: continuation) }
            isWished.signal()
        }
    }

    /// Ends the thread.
    func end() { isWished.signal() }

    private func next() -> Wish? {
        isWished.wait()
        return wish.withLock { $0.take() }
    }
}
