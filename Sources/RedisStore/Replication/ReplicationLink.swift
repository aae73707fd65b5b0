#if Redis
import KeyValue
import NIOCore
import NIOPosix
import Synchronization

/// The connection of a replica that keeps nothing: it asks for the stream of a server, and hands on its commands. Or that
/// of one who listens to channels.
///
/// Bounded: when nobody takes what has come, no more is read.
final class ReplicationLink: Sendable {
    typealias Item = ReplicationParser.Item

    private struct State {
        var items: [Item] = []
        var bytes = 0
        var failure: StoreError?
        var waiter: UnsafeContinuation<Void, Never>?
        var isResting = false
        /// What is said once a second, since the stream was asked for.
        var sign: RedisCommand?
        var heard = NIODeadline.now()
    }

    private static let bytesMax = 32 << 20
    /// The server says something every ten seconds unless it was told otherwise; it gives a replica up after sixty.
    private static let silenceMax = TimeAmount.seconds(60)
    /// It confirms nothing: who waits for replicas (WAIT) is not to count on one that keeps nothing.
    private static let acknowledgement = RedisCommand("REPLCONF", "ACK", "0")

    private let channel: any Channel
    private let answerTimeout: TimeAmount
    private let state = Mutex(State())

    private init(_ channel: any Channel, answerTimeout: TimeAmount) {
        self.channel = channel
        self.answerTimeout = answerTimeout
    }

    deinit { channel.close(promise: nil) }

    /// Connects and authenticates, as a replica or as one who ``listen(to:)``s.
    static func connect(
        _ configuration: RedisConfiguration,
        to endpoint: RedisEndpoint,
        listens: Bool = false
    ) async throws(StoreError) -> ReplicationLink {
        let link: ReplicationLink
        do {
            let context = try configuration.tls?.context()
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let context, let tls = configuration.tls else { return }
                        try channel.pipeline.syncOperations.addHandler(try tls.handler(context, for: endpoint))
                    }
                }
                .connect(host: endpoint.host, port: endpoint.port).get()
            link = ReplicationLink(channel, answerTimeout: .nanoseconds(configuration.callTimeout.nanoseconds))
            try await channel.eventLoop.submit { [link] in
                try channel.pipeline.syncOperations.addHandler(ReplicationHandler(link, listens: listens))
                channel.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) {
                    [weak link] task in
                    guard let link, channel.isActive else { return task.cancel() }
                    link.tick()
                }
            }.get()
            try await channel.setOption(.autoRead, value: true).get()
        } catch {
            throw StoreError(
                .unavailable,
                "The server can't be reached: see that it runs there and lets us in.",
                ["server": "\(endpoint)"],
                cause: error
            )
        }
        if let password = configuration.password {
            let user = configuration.username.map { [$0] } ?? []
            try await link.ask(RedisCommand("AUTH", (user + [password]).map { Array($0.utf8) }))
        }
        return link
    }

    // MARK: - Asking

    /// Asks something before the stream; the server's refusal is thrown.
    func ask(_ command: RedisCommand) async throws(StoreError) {
        send(command)
        switch try await nextItem() {
        case .accepted: return
        case .refused(let text): throw StoreError(serverSays: text)
        case .beginning, .dataEnd, .command: throw ReplicationLink.surprise
        }
    }

    /// Asks for the stream behind a position, or from the present on, and returns where it begins: what is told of that.
    func follow(from position: RedisStreamPosition?) async throws(StoreError) -> (id: String?, offset: UInt64?) {
        state.withLock { $0.sign = ReplicationLink.acknowledgement }
        send(RedisCommand("PSYNC", position?.id ?? "?", position.map { "\($0.offset + 1)" } ?? "-1"))
        switch try await nextItem() {
        case .beginning(let id, let offset): return (id, offset)
        case .refused(let text): throw StoreError(serverSays: text)
        case .accepted, .dataEnd, .command: throw ReplicationLink.surprise
        }
    }

    /// Asks for the messages of channels, each of which comes as a command does, as do answers from then on.
    func listen(to pattern: String) {
        let sign = RedisCommand("PING")
        state.withLock { $0.sign = sign }
        send(RedisCommand("PSUBSCRIBE", pattern))
    }

    /// Lets all data of a server go by that sends it first.
    ///
    /// Who closes the connection before its end has the server end the process that sends it. That may go wrong (seen with
    /// 7.0.15): the server waits for it, and meanwhile nobody who needs data gets any.
    func passData() async throws(StoreError) {
        while true {
            switch try await nextItem() {
            case .dataEnd: return
            case .refused(let text): throw StoreError(serverSays: text)
            case .accepted, .beginning, .command: throw ReplicationLink.surprise
            }
        }
    }

    private static var surprise: StoreError {
        StoreError(.unavailable, "The server answers what it was not asked: see that it is a Redis.")
    }

    private func nextItem() async throws(StoreError) -> Item {
        while true {
            // What comes with it stays: it may be the beginning of the stream.
            if let first = state.withLock({ $0.items.isEmpty ? nil : $0.items.removeFirst() }) { return first }
            try await wait()
        }
    }

    /// Says something, whose answer comes in its turn.
    func send(_ command: RedisCommand) {
        channel.writeAndFlush(ByteBuffer(bytes: command.bytes), promise: nil)
    }

    /// What has come since the last time; it waits until there is something. One caller at a time.
    func take() async throws(StoreError) -> [Item] {
        while true {
            let (items, wasResting) = state.withLock { state in
                let taken = (state.items, state.isResting)
                (state.items, state.bytes, state.isResting) = ([], 0, false)
                return taken
            }
            if wasResting { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
            if !items.isEmpty { return items }
            try await wait()
        }
    }

    /// Returns when something is there; throws when nothing comes any more.
    private func wait() async throws(StoreError) {
        if let failure = state.withLock({ $0.items.isEmpty ? $0.failure : nil }) { throw failure }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.items.isEmpty, state.failure == nil { state.waiter = continuation }
                    return state.waiter == nil
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            fail(.cancelled)
        }
    }

    func close() { fail(.closed) }

    // MARK: - The event loop's side

    fileprivate func received(_ items: [Item], bytes: Int) {
        if items.contains(.dataEnd) { send(ReplicationLink.acknowledgement) }
        let (waiter, rests) = state.withLock { state in
            state.items += items
            state.heard = .now()
            if !state.items.isEmpty { state.bytes += bytes }
            let rests = state.bytes > ReplicationLink.bytesMax && !state.isResting
            if rests { state.isResting = true }
            return (state.items.isEmpty ? nil : state.waiter.take(), rests)
        }
        waiter?.resume()
        if rests { channel.setOption(.autoRead, value: false).whenComplete { _ in } }
    }

    fileprivate func fail(_ error: StoreError) {
        let waiter = state.withLock { state in
            state.failure = state.failure ?? error
            return state.waiter.take()
        }
        waiter?.resume()
        channel.close(promise: nil)
    }

    private func tick() {
        let (isSilent, sign) = state.withLock { state in
            let silenceMax = state.sign == nil ? answerTimeout : ReplicationLink.silenceMax
            return (!state.isResting && .now() - state.heard > silenceMax, state.sign)
        }
        if isSilent { return fail(StoreError(.timedOut, "The server of a replication stream has fallen silent.")) }
        // It wants to hear that somebody is there.
        if let sign { send(sign) }
    }
}

/// Takes items out of the bytes. Everything happens on the event loop of its channel.
private final class ReplicationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private weak var link: ReplicationLink?
    private var parser: ReplicationParser
    private var buffer = ByteBuffer()

    init(_ link: ReplicationLink, listens: Bool) {
        self.link = link
        parser = ReplicationParser(listens: listens)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var read = unwrapInboundIn(data)
        let count = read.readableBytes
        buffer.discardReadBytes()
        buffer.writeBuffer(&read)
        var items: [ReplicationLink.Item] = []
        do throws(RESPError) {
            while let item = try parser.next(from: &buffer) { items.append(item) }
            link?.received(items, bytes: count)
        } catch {
            link?.received(items, bytes: count)
            link?.fail(
                StoreError(
                    .unavailable,
                    "What the server sent is no replication stream: see that it is a Redis.",
                    ["reason": error.reason]
                )
            )
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        link?.fail(StoreError(.unavailable, "The server has closed the replication stream: open it again."))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link?.fail(StoreError(.unavailable, "The replication stream broke: open it again.", cause: error))
    }
}
#endif
