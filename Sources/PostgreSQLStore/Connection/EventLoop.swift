#if PostgreSQL
import CLibpq
import Glibc
import KeyValue
import Synchronization

/// The thread that all connections of a store live on, and the way to hand it work.
final class EventLoop: Sendable {
    /// What waits to be taken over by the thread.
    struct Inbox {
        var jobs: [Job] = []
        var leased: [Lease.ID] = []
        var released: [Lease.ID] = []
        /// Connections that were made, or why they were not, by the number of the attempt.
        var made: [(attempt: UInt64, outcome: Connector.Outcome)] = []
        var isClosing = false
        /// The thread waits, or is about to, and has to be woken.
        var isAsleep = false
        /// Nobody takes anything over any more.
        var isOver = false

        var isEmpty: Bool { jobs.isEmpty && leased.isEmpty && released.isEmpty && made.isEmpty && !isNewlyClosing }
        /// Whether the thread does not know yet that it is to end.
        var isNewlyClosing = false

        /// Whether the thread has to be woken; not twice for one rest.
        mutating func rouse() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private let inbox = Mutex(Inbox())
    private let signal: Int32
    private let completion = Completion()
    let census = Census()

    private init(signal: Int32) { self.signal = signal }

    deinit { Glibc.close(signal) }

    static func start(
        _ target: ConnectionTarget,
        connections: Int,
        environment: StoreEnvironment,
        starting: @escaping Connector.Start
    ) throws(StoreError) -> EventLoop {
        let signal = clibpq_eventfd()
        guard signal >= 0 else {
            throw StoreError(.unavailable, "The system has no file handle left for the store: let it have more.")
        }
        let loop = EventLoop(signal: signal)
        let connector = Connector(target, environment: environment, start: starting)
        try OwnThread.start(named: "postgresql") {
            let dispatcher = Dispatcher(
                target,
                connections: connections,
                environment: environment,
                census: loop.census,
                makeConnection: { [weak loop] attempt, deadline in
                    connector.connect(by: deadline) { [weak loop] in loop?.deliver($0, to: attempt) }
                }
            )
            loop.run(dispatcher)
            loop.completion.finish()
        }
        return loop
    }

    private func run(_ dispatcher: Dispatcher) {
        var news = Inbox()
        var interests: [pollfd] = []
        while true {
            let isOver = dispatcher.turn(news)
            if isOver {
                // Connections that are delivered from now on are closed by who delivers them.
                inbox.withLock { $0 = Inbox(isClosing: true, isOver: true) }
                return
            }
            interests.removeAll(keepingCapacity: true)
            interests.append(pollfd(fd: signal, events: Int16(POLLIN), revents: 0))
            dispatcher.addInterests(to: &interests)
            let timeout = mayRest() ? dispatcher.pollMilliseconds() : 0
            let code = poll(&interests, nfds_t(interests.count), timeout)
            if code > 0, interests[0].revents != 0 {
                var count: UInt64 = 0
                _ = Glibc.read(signal, &count, 8)
            }
            dispatcher.advance(code > 0 ? interests.dropFirst() : [])
            news = inbox.withLock { inbox in
                defer { inbox = Inbox(isClosing: inbox.isClosing) }
                return inbox
            }
        }
    }

    /// Whether there is nothing to be taken over; whoever brings something from now on wakes the thread.
    private func mayRest() -> Bool {
        inbox.withLock { inbox in
            inbox.isAsleep = inbox.isEmpty
            return inbox.isAsleep
        }
    }

    /// Hands over jobs. After ``close()`` they fail.
    func submit(_ jobs: [Job]) {
        let isOpen = hand { $0.jobs.append(contentsOf: jobs) }
        if !isOpen { for job in jobs { job.finish(.failure(.unsent(.closed))) } }
    }

    func lease(_ id: Lease.ID) { _ = hand { $0.leased.append(id) } }

    func release(_ id: Lease.ID) { _ = hand { $0.released.append(id) } }

    var isClosed: Bool { inbox.withLock { $0.isClosing } }

    /// Lets what was handed over be finished, and takes no more.
    func close() {
        _ = hand { inbox in
            inbox.isClosing = true
            inbox.isNewlyClosing = true
        }
    }

    /// Returns when the thread has closed every connection.
    func closed() async { await completion.wait() }

    private func hand(_ change: (inout Inbox) -> Void) -> Bool {
        let (isOpen, isAsleep) = inbox.withLock { inbox in
            guard !inbox.isClosing else { return (false, false) }
            change(&inbox)
            return (true, inbox.rouse())
        }
        if isAsleep { wake() }
        return isOpen
    }

    /// A connection was made, or could not be. What is to be finished before the end may wait for it.
    private func deliver(_ outcome: Connector.Outcome, to attempt: UInt64) {
        let isAsleep = inbox.withLock { inbox in
            guard !inbox.isOver else { return false }
            inbox.made.append((attempt, outcome))
            return inbox.rouse()
        }
        if isAsleep { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        // It can fail only when the count is full, and then the thread is awake.
        _ = Glibc.write(signal, &one, 8)
    }
}
#endif
