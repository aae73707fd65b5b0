#if SQLite
import KeyValue
import Synchronization

/// Lends connections for reading. A read runs where it was called and is over before the next suspension, so that
/// no connection is ever kept over one.
final class ReaderPool: Sendable {
    private typealias Waiter = UnsafeContinuation<Result<Connection, StoreError>, Never>

    private struct State {
        var free: [Connection] = []
        /// Connections that are open or being opened.
        var count = 0
        var waiters: [Waiter] = []
        var isClosed = false
        var closers: [UnsafeContinuation<Void, Never>] = []

        /// Those who can go on now that the pool is closed and empty.
        mutating func drained() -> [UnsafeContinuation<Void, Never>] {
            guard isClosed, count == 0 else { return [] }
            defer { closers = [] }
            return closers
        }
    }

    private let path: String
    private let configuration: SQLiteConfiguration
    /// What is thrown once it is closed.
    private let closed: StoreError
    private let state = Mutex(State())

    init(path: String, configuration: SQLiteConfiguration, closed: StoreError = .closed) {
        self.path = path
        self.configuration = configuration
        self.closed = closed
    }

    private enum Turn {
        case use(Connection)
        case open
        case wait
        case closed
    }

    private func turn(_ state: inout State) -> Turn {
        if state.isClosed { return .closed }
        if let connection = state.free.popLast() { return .use(connection) }
        guard state.count < max(configuration.readersMax, 1) else { return .wait }
        state.count += 1
        return .open
    }

    /// A connection, which has to be given back. Waits in line while all are lent.
    func borrow() async throws(StoreError) -> Connection {
        switch state.withLock({ turn(&$0) }) {
        case .use(let connection): return connection
        case .open: return try open()
        case .closed: throw closed
        case .wait:
            return try await withUnsafeContinuation { (waiter: Waiter) in
                // One may have been given back meanwhile.
                let turn = state.withLock { state in
                    let turn = self.turn(&state)
                    if case .wait = turn { state.waiters.append(waiter) }
                    return turn
                }
                switch turn {
                case .use(let connection): waiter.resume(returning: .success(connection))
                case .open: waiter.resume(returning: Result { () throws(StoreError) in try open() })
                case .closed: waiter.resume(returning: .failure(closed))
                case .wait: break
                }
            }.get()
        }
    }

    private func open() throws(StoreError) -> Connection {
        do throws(EngineError) {
            return try Connection(path: path, role: .reader, configuration: configuration)
        } catch {
            let error = error.storeError
            let (waiters, closers) = state.withLock { state in
                state.count -= 1
                // Those who wait would wait for this one, too.
                defer { state.waiters = [] }
                return (state.waiters, state.drained())
            }
            for waiter in waiters { waiter.resume(returning: .failure(error)) }
            for closer in closers { closer.resume() }
            throw error
        }
    }

    func giveBack(_ connection: Connection) {
        let (waiter, closers) = state.withLock { state -> (Waiter?, [UnsafeContinuation<Void, Never>]) in
            if state.isClosed {
                state.count -= 1
                return (nil, state.drained())
            }
            guard state.waiters.isEmpty else { return (state.waiters.removeFirst(), []) }
            state.free.append(connection)
            return (nil, [])
        }
        waiter?.resume(returning: .success(connection))
        for closer in closers { closer.resume() }
    }

    /// How many wait for a connection.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Lends nothing more, and closes what is not lent.
    func close() {
        // Closed outside of the lock: closing takes a while.
        let (waiters, free) = state.withLock { state -> ([Waiter], [Connection]) in
            defer {
                state.isClosed = true
                state.count -= state.free.count
                state.free = []
                state.waiters = []
            }
            return (state.waiters, state.free)
        }
        for waiter in waiters { waiter.resume(returning: .failure(closed)) }
        withExtendedLifetime(free) {}
    }

    /// Returns when everything lent has come back after ``close()``.
    func drain() async {
        await withUnsafeContinuation { (closer: UnsafeContinuation<Void, Never>) in
            let closers = state.withLock { state in
                state.closers.append(closer)
                return state.drained()
            }
            for closer in closers { closer.resume() }
        }
    }
}
#endif
