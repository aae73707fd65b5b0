import Synchronization

/// Something that happens once, and that many may wait for.
package final class Completion: Sendable {
    private let waiters = Mutex<[UnsafeContinuation<Void, Never>]?>([])

    package init() {}

    /// Says that it has happened. Saying so again does nothing.
    package func finish() {
        let waiters = self.waiters.withLock { $0.take() }
        for waiter in waiters ?? [] { waiter.resume() }
    }

    /// Returns when it has happened.
    package func wait() async {
        await withUnsafeContinuation { waiter in
            let isDone = waiters.withLock { waiters in
                waiters?.append(waiter)
                return waiters == nil
            }
            if isDone { waiter.resume() }
        }
    }
}
