#if PostgreSQL
import CLibpq
import Glibc
import KeyValue
import Synchronization

/// A thread of the system's for work that waits for sockets.
enum OwnThread {
    private final class Body {
        let name: String
        let work: @Sendable () -> Void

        init(_ name: String, _ work: @escaping @Sendable () -> Void) {
            self.name = name
            self.work = work
        }
    }

    /// Starts a thread that ends with `work`.
    ///
    /// - Parameter name: shown by the system's tools; at most 15 bytes.
    static func start(named name: String, _ work: @escaping @Sendable () -> Void) throws(StoreError) {
        let body = Unmanaged.passRetained(Body(name, work))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { body in
                guard let body else { return nil }
                let owned = Unmanaged<Body>.fromOpaque(body).takeRetainedValue()
                clibpq_name_thread(owned.name)
                owned.work()
                return nil
            },
            body.toOpaque()
        )
        guard code == 0 else {
            body.release()
            throw StoreError(
                .unavailable,
                "The system has no thread left for the store: let it have more.",
                ["system": String(cString: strerror(code))]
            )
        }
        pthread_detach(thread)
    }
}

/// Something that happens once, and that many may wait for.
final class Completion: Sendable {
    private let waiters = Mutex<[UnsafeContinuation<Void, Never>]?>([])

    func finish() {
        let waiters = self.waiters.withLock { $0.take() }
        for waiter in waiters ?? [] { waiter.resume() }
    }

    func wait() async {
        await withUnsafeContinuation { waiter in
            let isDone = waiters.withLock { waiters in
                waiters?.append(waiter)
                return waiters == nil
            }
            if isDone { waiter.resume() }
        }
    }
}
#endif
