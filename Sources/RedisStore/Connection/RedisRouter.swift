#if Redis
import KeyValue
import NIOCore
import NIOSSL

/// Brings commands to the servers that they belong to, and replies back.
///
/// Unchecked: everything but ``init(_:loop:environment:)`` happens on the event loop.
final class RedisRouter: @unchecked Sendable {
    let configuration: RedisConfiguration
    let loop: any EventLoop
    private let environment: StoreEnvironment
    /// The connections to each server.
    private var links: [RedisEndpoint: [RedisLink]] = [:]
    private var callCount = 0
    private var touched: [RedisLink] = []
    /// The only server there is, or the one that was asked first.
    private(set) var home: RedisEndpoint
    /// Nil when the servers are no cluster.
    private(set) var slots: SlotTable?
    private var isRefreshing = false
    private var refreshesAfter = NIODeadline.uptimeNanoseconds(0)
    private var isClosed = false
    private var timer: RepeatedTask?
    private var context: NIOSSLContext?

    /// How long a list of slots is good for when something looks wrong with it.
    private static let refreshInterval = TimeAmount.milliseconds(200)

    init(_ configuration: RedisConfiguration, home: RedisEndpoint, loop: any EventLoop, environment: StoreEnvironment) {
        self.configuration = configuration
        self.home = home
        self.loop = loop
        self.environment = environment
    }

    func start() {
        timer = loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { [self] _ in
            let now = NIODeadline.now()
            for link in links.values.joined() { link.checkDeadlines(now) }
        }
    }

    func close() {
        isClosed = true
        timer?.cancel()
        timer = nil
        for link in links.values.joined() { link.close() }
    }

    func tls() throws -> NIOSSLContext? {
        guard let tls = configuration.tls else { return nil }
        if let context { return context }
        let made = try tls.context()
        context = made
        return made
    }

    /// How long to rest after so many failed attempts in a row: twice as long each time, up to a second, give or take a
    /// half, so that many clients do not come back at once.
    func pause(after failures: Int) -> TimeAmount {
        let most = min(1_000, 10 << min(failures, 8))
        return .milliseconds(Int64(most / 2) + Int64(environment.random() % UInt64(most)))
    }

    // MARK: - Calls

    /// Takes in calls, and writes their commands in one go a server.
    func arrive(_ calls: [RedisCall]) {
        let deadline = NIODeadline.now() + .nanoseconds(configuration.callTimeout.nanoseconds)
        for call in calls {
            call.hasArrived = true
            call.deadline = deadline
            call.lane = callCount % configuration.connections
            callCount += 1
            if call.isCancelled || isClosed {
                call.failAll(isClosed ? .closed : .cancelled)
                continue
            }
            for index in call.commands.indices { route(call, index) }
        }
        flush()
    }

    /// Gives a call up. What was not written is withdrawn.
    func cancel(_ call: RedisCall) {
        call.isCancelled = true
        if call.hasArrived { call.failAll(.cancelled) }
    }

    private func route(_ call: RedisCall, _ index: Int) {
        guard let slots, call.target == nil, let slot = call.commands[index].slot else {
            return link(to: call.target ?? home, for: call).enqueue(call, index)
        }
        guard let endpoint = slots[slot] else {
            refresh()
            return call.fail(
                index,
                StoreError(
                    .unavailable,
                    "No node of the cluster serves this slot: see that all its parts have a master."
                )
            )
        }
        link(to: endpoint, for: call).enqueue(call, index)
    }

    /// The commands of one call go by one connection a server, so that they stay in order.
    private func link(to endpoint: RedisEndpoint, for call: RedisCall) -> RedisLink {
        if let present = links[endpoint] { return present[call.lane] }
        let made = (0..<configuration.connections).map { _ in RedisLink(endpoint, router: self) }
        links[endpoint] = made
        return made[call.lane]
    }

    private func isFailing(_ endpoint: RedisEndpoint) -> Bool { links[endpoint]?.contains { $0.isFailing } ?? false }

    func touch(_ link: RedisLink) { touched.append(link) }

    private func flush() {
        while let link = touched.popLast() { link.flush() }
    }

    /// Takes in a reply.
    func reply(_ value: RESPValue, to call: RedisCall, _ index: Int) {
        guard slots != nil, case .error(let text) = value,
            let redirection = Redirection(text, answered: home)
        else {
            if case .error(let text) = value, text.hasPrefix("CLUSTERDOWN") { refresh() }
            return call.reply(index, value)
        }
        guard !call.isAnswered(index) else { return }
        guard call.mayRedirect(index), call.target == nil else {
            return call.reply(index, value)
        }
        switch redirection {
        case .moved(let slot, let endpoint):
            slots?.move(slot, to: endpoint)
            refresh()
            link(to: endpoint, for: call).enqueue(call, index)
        case .ask(let endpoint): link(to: endpoint, for: call).enqueue(call, index, asking: true)
        }
        // Behind the replies that came with this one, so that what they redirect goes along.
        loop.execute { [self] in flush() }
    }

    // MARK: - The cluster

    /// Begins to use a cluster's list of slots.
    func use(_ table: SlotTable) { slots = table }

    func linkFailed(_ link: RedisLink) {
        if slots != nil { refresh() }
    }

    /// Finds out anew where the slots are.
    private func refresh() {
        guard !isRefreshing, !isClosed, let slots else { return }
        isRefreshing = true
        var candidates: [RedisEndpoint] = []
        for endpoint in slots.masters + slots.replicas + configuration.endpoints where !candidates.contains(endpoint) {
            candidates.append(endpoint)
        }
        let wait = max(.nanoseconds(0), refreshesAfter - .now())
        // Those that failed last: they may take long to fail again.
        let asked = candidates.filter { !isFailing($0) } + candidates.filter { isFailing($0) }
        loop.scheduleTask(in: wait) { [self] in ask(asked[...]) }
    }

    /// Asks the nodes, one after the other, where the slots are.
    ///
    /// - Parameter partial: what a node said that does not know all slots.
    private func ask(_ candidates: ArraySlice<RedisEndpoint>, _ partial: SlotTable? = nil) {
        guard let candidate = candidates.first, !isClosed else {
            if let partial { slots = partial }
            return refreshed()
        }
        Task { [self] in
            let call = RedisCall([RedisCommand("CLUSTER SLOTS")], to: candidate)
            await withUnsafeContinuation { continuation in
                call.begin(continuation)
                loop.execute { [self] in arrive([call]) }
            }
            loop.execute { [self] in
                guard case .success(let value) = call.result(0), let table = SlotTable(value, answered: candidate)
                else {
                    return ask(candidates.dropFirst(), partial)
                }
                // A node that lost sight of the others may know old things: one that knows all slots is looked for.
                guard table.isWhole else { return ask(candidates.dropFirst(), partial ?? table) }
                slots = table
                home = candidate
                refreshed()
            }
        }
    }

    private func refreshed() {
        isRefreshing = false
        if let slots {
            let known = Set(slots.masters + slots.replicas + configuration.endpoints)
            links = links.filter { known.contains($0.key) || !$0.value.allSatisfy(\.isUnused) }
        }
        refreshesAfter = .now() + RedisRouter.refreshInterval
    }
}
#endif
