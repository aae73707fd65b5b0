#if Redis
import KeyValue
import NIOCore
import NIOPosix
import Synchronization

/// A client of one Redis or of a Redis Cluster: commands in, replies out, from any task.
///
/// Commands of all callers share one connection a server. What comes in during one turn of the event loop is written at
/// once. Connections are made when they are needed, and again after they broke.
final class RedisClient: Sendable {
    private let router: RedisRouter
    private let loop: any EventLoop
    private struct State {
        /// Calls that the event loop has not taken yet.
        var inbox: [RedisCall] = []
        /// How many calls have not returned.
        var active = 0
        var isCluster = false
        var isClosing = false
        /// Who waits for all calls to return.
        var closers: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// Whether the servers are a cluster.
    var isCluster: Bool { state.withLock { $0.isCluster } }

    private init(_ router: RedisRouter) {
        self.router = router
        loop = router.loop
    }

    // Whoever forgot to close it keeps no connections and no timer by that.
    deinit { loop.execute { [router] in router.close() } }

    /// Connects to the first of the servers that answers, and finds out whether it is one of a cluster.
    static func connect(
        _ configuration: RedisConfiguration,
        environment: StoreEnvironment
    ) async throws(StoreError) -> RedisClient {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var failure = StoreError.invalidArgument("No server is named.")
        for endpoint in configuration.endpoints {
            let router = RedisRouter(configuration, home: endpoint, loop: loop, environment: environment)
            loop.execute { router.start() }
            do throws(StoreError) {
                return try await connect(router, at: endpoint)
            } catch {
                loop.execute { router.close() }
                guard error.code == .unavailable || error.code == .timedOut else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private static func connect(
        _ router: RedisRouter,
        at endpoint: RedisEndpoint
    ) async throws(StoreError) -> RedisClient {
        let client = RedisClient(router)
        let greeting = try await client.send(RedisCommand("HELLO"), to: endpoint)
        guard greeting["mode"]?.text == "cluster" else { return client }
        let reply = try await client.send(RedisCommand("CLUSTER SLOTS"), to: endpoint)
        guard let table = SlotTable(reply, answered: endpoint) else {
            throw StoreError(
                .unavailable,
                "The cluster's list of slots can't be read: see that the server is a Redis Cluster.",
                ["server": "\(endpoint)"]
            )
        }
        await client.use(table)
        client.state.withLock { $0.isCluster = true }
        return client
    }

    private func use(_ table: SlotTable) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            loop.execute { [router] in
                router.use(table)
                continuation.resume()
            }
        }
    }

    /// The servers that take writes, as far as is known now: one, or the masters of the cluster.
    func nodes() async -> [RedisEndpoint] {
        await withUnsafeContinuation { continuation in
            loop.execute { [router] in
                continuation.resume(returning: router.slots?.masters ?? [router.home])
            }
        }
    }

    /// The servers that take writes, as one of them says now: after a failover others than ``nodes()`` may know.
    func presentNodes() async throws(StoreError) -> [RedisEndpoint] {
        guard isCluster else { return await nodes() }
        let home = await withUnsafeContinuation { continuation in
            loop.execute { [router] in continuation.resume(returning: router.home) }
        }
        let reply = try await send(RedisCommand("CLUSTER SLOTS"), to: home)
        guard let table = SlotTable(reply, answered: home), table.isWhole else {
            throw StoreError(
                .unavailable,
                "Not every slot of the cluster has a master: see that all its parts have one.",
                ["server": "\(home)"]
            )
        }
        await use(table)
        return table.masters
    }

    /// Sends a command to where its slot is. A server's refusal is thrown, but for `NOSCRIPT`, which is for the caller.
    func send(_ command: RedisCommand) async throws(StoreError) -> RESPValue {
        let call = RedisCall([command])
        await perform(call)
        return try call.result(0).get()
    }

    /// Sends commands, each to where its slot is; in order as far as they go to the same server.
    func send(_ commands: [RedisCommand]) async -> [Result<RESPValue, StoreError>] {
        await send(commands, to: nil)
    }

    /// Sends a command to one server.
    func send(_ command: RedisCommand, to node: RedisEndpoint) async throws(StoreError) -> RESPValue {
        try await send([command], to: node)[0].get()
    }

    /// Sends commands to one server, or each to where its slot is.
    func send(_ commands: [RedisCommand], to node: RedisEndpoint?) async -> [Result<RESPValue, StoreError>] {
        guard !commands.isEmpty else { return [] }
        let call = RedisCall(commands, to: node)
        await perform(call)
        return commands.indices.map { call.result($0) }
    }

    /// Sends commands that read to one server, in one go; the replies in their order, refusals among them.
    func sendTogether(_ commands: [[[UInt8]]], to node: RedisEndpoint?) async throws(StoreError) -> [RESPValue] {
        guard !commands.isEmpty else { return [] }
        let call = RedisCall([RedisCommand(together: commands)], to: node)
        await perform(call)
        return try call.result(0).get().elements ?? []
    }

    /// Returns when every command has its answer.
    private func perform(_ call: RedisCall) async {
        var isOpen = true
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                call.begin(continuation)
                var isFirst = false
                isOpen = state.withLock { state in
                    guard !state.isClosing else { return false }
                    state.active += 1
                    isFirst = state.inbox.isEmpty
                    state.inbox.append(call)
                    return true
                }
                if isFirst { loop.execute { [self] in router.arrive(takeInbox()) } }
                // Nobody else has it.
                if !isOpen { call.failAll(.closed) }
            }
        } onCancel: {
            loop.execute { [router] in router.cancel(call) }
        }
        if isOpen { returned() }
    }

    private func returned() {
        let closers = state.withLock { state in
            state.active -= 1
            guard state.active == 0 else { return [UnsafeContinuation<Void, Never>]() }
            let closers = state.closers
            state.closers = []
            return closers
        }
        for closer in closers { closer.resume() }
    }

    private func takeInbox() -> [RedisCall] {
        state.withLock { state in
            let calls = state.inbox
            state.inbox = []
            return calls
        }
    }

    /// Takes no more calls, waits for those that are under way, which each end in their time, and lets go of all
    /// connections.
    func close() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isIdle = state.withLock { state in
                state.isClosing = true
                if state.active > 0 { state.closers.append(continuation) }
                return state.active == 0
            }
            if isIdle { continuation.resume() }
        }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            loop.execute { [router] in
                router.close()
                continuation.resume()
            }
        }
    }
}
#endif
