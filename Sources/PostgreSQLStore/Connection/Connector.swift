#if PostgreSQL
import CLibpq
import Glibc
import KeyValue
import Synchronization

/// Makes connections away from the thread that serves those that there are: looking up a host's name may take many
/// seconds, and libpq does it, host by host, in calls that wait.
final class Connector: Sendable {
    typealias Outcome = Result<ServerHandle, StoreError>
    /// What begins to connect, and may take its time; nil when there is no memory.
    typealias Start = @Sendable (ConnectionTarget) -> ServerHandle?

    private struct Order {
        let deadline: Int64
        let deliver: @Sendable (Outcome) -> Void
    }

    private struct State {
        var orders: [Order] = []
        var threads = 0
    }

    /// How many connections are being made at a time. Others wait, and no more threads than these can hang.
    private static let threadsMax = 4

    private let target: ConnectionTarget
    private let environment: StoreEnvironment
    private let start: Start
    private let state = Mutex(State())

    init(_ target: ConnectionTarget, environment: StoreEnvironment, start: @escaping Start) {
        self.target = target
        self.environment = environment
        self.start = start
    }

    /// Makes a connection; delivers it, or why there is none, on another thread.
    func connect(by deadline: Int64, _ deliver: @escaping @Sendable (Outcome) -> Void) {
        let needsThread = state.withLock { state in
            state.orders.append(Order(deadline: deadline, deliver: deliver))
            guard state.threads < Connector.threadsMax else { return false }
            state.threads += 1
            return true
        }
        guard needsThread else { return }
        do throws(StoreError) {
            try OwnThread.start(named: "postgresql-open") { [self] in work() }
        } catch {
            let order = state.withLock { state in
                state.threads -= 1
                return state.orders.popLast()
            }
            order?.deliver(.failure(error))
        }
    }

    private func work() {
        while true {
            let order = state.withLock { state -> Order? in
                guard state.orders.isEmpty else { return state.orders.removeFirst() }
                state.threads -= 1
                return nil
            }
            guard let order else { return }
            order.deliver(make(by: order.deadline))
        }
    }

    static let late = StoreError(.unavailable, "The server did not take the connection in time.")

    private func make(by deadline: Int64) -> Outcome {
        guard environment.nanoseconds() < deadline else { return .failure(Connector.late) }
        guard let handle = start(target) else {
            return .failure(StoreError(.unavailable, "The system has no memory left for a connection."))
        }
        guard PQstatus(handle.pointer) != CONNECTION_BAD else {
            return .failure(ConnectionTarget.failure(handle.message, isStarted: false))
        }
        // What libpq documents to assume before its first step.
        var awaited = PGRES_POLLING_WRITING
        while true {
            let rest = (deadline - environment.nanoseconds()) / 1_000_000
            guard rest > 0 else { return .failure(Connector.late) }
            let events = awaited == PGRES_POLLING_WRITING ? POLLOUT : POLLIN
            var interest = pollfd(fd: PQsocket(handle.pointer), events: Int16(events), revents: 0)
            guard poll(&interest, 1, Int32(clamping: min(rest, 1_000))) > 0 else { continue }
            awaited = PQconnectPoll(handle.pointer)
            switch awaited {
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING: continue
            case PGRES_POLLING_OK: return .success(handle)
            default:
                let lacksPassword = PQconnectionNeedsPassword(handle.pointer) == 1
                return .failure(ConnectionTarget.failure(handle.message, lacksPassword: lacksPassword))
            }
        }
    }
}
#endif
