import Glibc

/// A thread of the system's, for work that waits in calls which the pool of Swift's tasks must not wait in.
package enum OwnThread {
    private final class Body {
        let name: String
        let work: @Sendable () -> Void

        init(_ name: String, _ work: @escaping @Sendable () -> Void) {
            self.name = name
            self.work = work
        }

        func run() {
            nameThread()
            work()
        }

        /// The system's call for this takes variable arguments, which Swift can't pass; its file does the same. A
        /// thread without a name works as well as one with it, so a failure is nothing to tell.
        private func nameThread() {
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            _ = name.withCString { write(file, $0, strlen($0)) }
            close(file)
        }
    }

    /// Starts a thread that ends with `work`.
    ///
    /// - Parameters:
    ///   - name: shown by the system's tools; at most 15 bytes.
    ///   - work: what the thread does.
    package static func start(named name: String, _ work: @escaping @Sendable () -> Void) throws(StoreError) {
        let body = Unmanaged.passRetained(Body(name, work))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { body in
                guard let body else { return nil }
                let owned = Unmanaged<Body>.fromOpaque(body).takeRetainedValue()
                owned.run()
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
