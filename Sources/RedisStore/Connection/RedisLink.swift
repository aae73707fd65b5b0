#if Redis
import KeyValue
import NIOCore
import NIOPosix
import NIOSSL

/// The connection to one server: made when it is needed, and made again after it broke.
///
/// Unchecked: everything happens on the event loop.
final class RedisLink: @unchecked Sendable {
    private enum State {
        case idle
        case connecting
        case greeting(any Channel)
        case ready(any Channel)
        case closed
    }

    private enum Item {
        /// With how many replies are still to come.
        case command(RedisCall, Int, replies: Int)
        /// A reply to it means nothing by itself.
        case asking
        case greeting
        /// How many replicas have everything that was written before it.
        case replicas
    }

    let endpoint: RedisEndpoint
    private unowned let router: RedisRouter
    private var state = State.idle
    /// Not written yet.
    private var waiting = CircularBuffer<Item>()
    /// Written, in the order in which replies come.
    private var inFlight = CircularBuffer<Item>()
    /// Done by the server, and not yet by enough replicas.
    private var unconfirmed: [(call: RedisCall, index: Int, reply: RESPValue)] = []
    private var parser = RESPParser()
    /// Counts connections, made or tried: what an earlier one still says is not heard.
    private var connection = 0
    private var failures = 0
    private var restsUntil = NIODeadline.uptimeNanoseconds(0)
    private var lastFailure: StoreError?
    private var isTouched = false
    /// Of the commands in ``waiting``.
    private var waitingBytes = 0

    /// How many commands wait for replies at most.
    private static let inFlightMax = 16_384
    /// How many commands wait to be written at most.
    private static let waitingMax = 262_144
    private static let bytesPerWrite = 1 << 20

    init(_ endpoint: RedisEndpoint, router: RedisRouter) {
        self.endpoint = endpoint
        self.router = router
    }

    /// Queues a command. ``flush()`` writes it.
    func enqueue(_ call: RedisCall, _ index: Int, asking: Bool = false) {
        if case .closed = state { return call.fail(index, .closed) }
        if case .idle = state, let lastFailure, NIODeadline.now() < restsUntil { return call.fail(index, lastFailure) }
        let bytes = call.commands[index].bytes.count
        let hasRoom = waiting.isEmpty || waitingBytes + bytes <= router.configuration.waitingBytesMax
        guard hasRoom, waiting.count < RedisLink.waitingMax else {
            return call.fail(
                index,
                StoreError(.throttled, "More commands wait than the server takes: send less at a time.")
            )
        }
        if asking { waiting.append(.asking) }
        waiting.append(.command(call, index, replies: call.commands[index].together ?? 1))
        waitingBytes += bytes
        if !isTouched {
            isTouched = true
            router.touch(self)
        }
    }

    /// Writes what waits, in one go, or makes the connection first.
    func flush() {
        isTouched = false
        switch state {
        case .idle: connect()
        case .ready(let channel): write(to: channel)
        case .connecting, .greeting, .closed: break
        }
    }

    private func write(to channel: any Channel) {
        guard channel.isWritable, !waiting.isEmpty, inFlight.count < RedisLink.inFlightMax else { return }
        var buffer = channel.allocator.buffer(capacity: min(RedisLink.bytesPerWrite, waitingBytes + 64))
        var isReplicated = false
        while inFlight.count < RedisLink.inFlightMax, buffer.readableBytes < RedisLink.bytesPerWrite,
            let item = waiting.popFirst()
        {
            switch item {
            case .command(let call, let index, _):
                waitingBytes -= call.commands[index].bytes.count
                guard call.noteWritten(index) else { continue }
                buffer.writeBytes(call.commands[index].bytes)
                isReplicated = isReplicated || needsReplicas(call, index)
            case .asking:
                // The command that asks was cancelled: then nothing asks.
                guard case .command(let call, let index, _) = waiting.first, !call.isAnswered(index) else { continue }
                buffer.writeBytes(RedisCommand("ASKING").bytes)
            case .greeting, .replicas: continue
            }
            inFlight.append(item)
        }
        if isReplicated {
            buffer.writeBytes(waitCommand.bytes)
            inFlight.append(.replicas)
        }
        guard buffer.readableBytes > 0 else { return }
        channel.writeAndFlush(buffer, promise: nil)
    }

    private func needsReplicas(_ call: RedisCall, _ index: Int) -> Bool {
        guard router.configuration.replicas > 0, case .writes = call.commands[index].effect else { return false }
        return true
    }

    /// Asks, in most of the time that a call has, for replicas to have what this connection wrote.
    private var waitCommand: RedisCommand {
        let milliseconds = router.configuration.callTimeout.nanoseconds / 1_250_000
        return RedisCommand("WAIT", "\(router.configuration.replicas)", "\(milliseconds)")
    }

    /// Takes in a reply; what the server did counts when its replicas did it.
    private func replied(_ value: RESPValue, to call: RedisCall, _ index: Int) {
        if needsReplicas(call, index), !value.isError { return unconfirmed.append((call, index, value)) }
        router.reply(value, to: call, index)
    }

    private func confirm(_ replicas: RESPValue) {
        let written = unconfirmed
        unconfirmed = []
        let isEnough = replicas.integer.map { $0 >= router.configuration.replicas } ?? false
        for (call, index, reply) in written {
            guard !isEnough else {
                router.reply(reply, to: call, index)
                continue
            }
            let error = StoreError(
                .unavailable,
                "Too few replicas have confirmed the write: see that they follow, or ask for fewer with ?wait=….",
                ["server": "\(endpoint)", "confirmed": replicas.integer.map { "\($0)" } ?? "unknown"]
            )
            call.fail(index, error)
        }
    }

    private func connect() {
        guard !waiting.isEmpty else { return }
        state = .connecting
        parser = RESPParser()
        let connection = connection
        let configuration = router.configuration
        let endpoint = endpoint
        let bootstrap = ClientBootstrap(group: router.loop)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context = try router.tls(), let tls = configuration.tls {
                        let handler = try tls.handler(context, for: endpoint)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        RedisChannelHandler(link: self, connection: connection)
                    )
                }
            }
        bootstrap.connect(host: endpoint.host, port: endpoint.port).whenComplete { [self] result in
            switch result {
            case .success(let channel): greet(channel, connection)
            case .failure(let error): disconnected(error, connection)
            }
        }
    }

    private func unreachable(_ error: (any Error)?) -> StoreError {
        StoreError(
            .unavailable,
            "The server can't be reached: see that it runs there and lets us in.",
            ["server": "\(endpoint)"],
            cause: error
        )
    }

    private func greet(_ channel: any Channel, _ connection: Int) {
        guard connection == self.connection, case .connecting = state else {
            channel.close(promise: nil)
            return
        }
        state = .greeting(channel)
        // It may have ended before anybody listened.
        guard channel.isActive else { return disconnected(nil, connection) }
        let configuration = router.configuration
        var arguments = [Array("3".utf8)]
        if let password = configuration.password {
            arguments += [Array("AUTH".utf8), Array((configuration.username ?? "default").utf8), Array(password.utf8)]
        }
        arguments += [Array("SETNAME".utf8), Array(configuration.clientName.utf8)]
        var commands = [RedisCommand("HELLO", arguments)]
        if configuration.database != 0 { commands.append(RedisCommand("SELECT", "\(configuration.database)")) }
        var buffer = channel.allocator.buffer(capacity: 256)
        for command in commands {
            buffer.writeBytes(command.bytes)
            inFlight.append(.greeting)
        }
        channel.writeAndFlush(buffer, promise: nil)
    }

    private func greeted(with reply: RESPValue) {
        if case .error(let text) = reply {
            let isOld = text.hasPrefix("ERR unknown command") || text.hasPrefix("NOPROTO")
            return fail(
                isOld
                    ? .unsupported("The server does not speak RESP3: use Redis 6 or newer.", ["server": "\(endpoint)"])
                    : StoreError(serverSays: text),
                isFailedAttempt: true
            )
        }
        guard inFlight.isEmpty, case .greeting(let channel) = state else { return }
        state = .ready(channel)
        failures = 0
        lastFailure = nil
        write(to: channel)
    }

    /// Takes in what the server sent on a connection.
    func received(_ buffer: inout ByteBuffer, _ connection: Int) {
        guard connection == self.connection else { return }
        do throws(RESPError) {
            var replies: [RESPValue] = []
            var refusal: RESPError?
            do throws(RESPError) { try parser.take(from: &buffer, into: &replies) } catch { refusal = error }
            for value in replies {
                if case .push = value { continue }
                guard let item = inFlight.popFirst() else { throw RESPError(reason: "a reply answers nothing") }
                switch item {
                case .command(let call, let index, let replies):
                    if replies > 1 { inFlight.prepend(.command(call, index, replies: replies - 1)) }
                    if call.commands[index].together == nil {
                        replied(value, to: call, index)
                    } else {
                        call.gather(value, isLast: replies == 1)
                    }
                case .replicas: confirm(value)
                case .greeting: greeted(with: value)
                case .asking: break
                }
                // What it said may have ended it.
                guard connection == self.connection else { return }
            }
            if let refusal { throw refusal }
        } catch {
            fail(
                StoreError(
                    .unavailable,
                    "What the server sent is not its protocol: see that it is a Redis.",
                    ["server": "\(endpoint)", "reason": error.reason]
                ),
                isFailedAttempt: true
            )
        }
        becameWritable(connection)
    }

    func becameWritable(_ connection: Int) {
        if connection == self.connection, case .ready(let channel) = state { write(to: channel) }
    }

    /// A connection is gone, or was never made.
    func disconnected(_ error: (any Error)?, _ connection: Int) {
        guard connection == self.connection else { return }
        switch state {
        case .connecting, .greeting: fail(unreachable(error), isFailedAttempt: true)
        case .ready: fail(unreachable(error), isFailedAttempt: false)
        case .idle, .closed: break
        }
    }

    private func leaveConnection(for next: State) {
        let before = state
        // First of all: closing the channel comes back here at once, and with TLS it goes on receiving for a while.
        state = next
        connection += 1
        switch before {
        case .greeting(let channel), .ready(let channel): channel.close(promise: nil)
        case .idle, .connecting, .closed: break
        }
    }

    /// Answers everything with an error, and lets go of the connection; the next command makes a new one.
    private func fail(_ error: StoreError, isFailedAttempt: Bool) {
        if case .closed = state { return }
        leaveConnection(for: .idle)
        lastFailure = RedisLink.unsent(error)
        if isFailedAttempt {
            failures += 1
            restsUntil = .now() + router.pause(after: failures)
        }
        failPending(error)
        router.linkFailed(self)
    }

    private func failPending(_ error: StoreError) {
        let (written, unwritten) = (inFlight, waiting)
        inFlight = CircularBuffer()
        waiting = CircularBuffer()
        waitingBytes = 0
        for (call, index, _) in unconfirmed { call.fail(index, error) }
        unconfirmed = []
        for case .command(let call, let index, _) in written { call.fail(index, error) }
        let unsent = RedisLink.unsent(error)
        for case .command(let call, let index, _) in unwritten { call.fail(index, unsent) }
    }

    /// What an error is to a command that was never sent: nobody can have been late to answer it.
    private static func unsent(_ error: StoreError) -> StoreError {
        guard error.code == .timedOut else { return error }
        return StoreError(
            .unavailable,
            "The server does not take commands: see how busy it is, and that it can be reached.",
            error.metadata,
            cause: error
        )
    }

    /// Until when the first command there waits.
    private static func deadline(_ items: CircularBuffer<Item>) -> NIODeadline? {
        for case .command(let call, _, _) in items { return call.deadline }
        return nil
    }

    /// Gives up on the connection when the oldest command has waited for too long.
    func checkDeadlines(_ now: NIODeadline) {
        let oldest = unconfirmed.first?.call.deadline ?? RedisLink.deadline(inFlight) ?? RedisLink.deadline(waiting)
        guard let oldest, oldest <= now else { return }
        let error = StoreError(
            .timedOut,
            "The server did not answer in time: see how busy it is, or allow more with ?timeout=….",
            ["server": "\(endpoint)"]
        )
        fail(error, isFailedAttempt: true)
    }

    /// Whether nothing would be lost by forgetting it.
    var isUnused: Bool {
        if case .idle = state { waiting.isEmpty } else { false }
    }

    /// Whether the last attempt at a connection failed.
    var isFailing: Bool { failures > 0 }

    func close() {
        leaveConnection(for: .closed)
        failPending(.closed)
    }
}

extension Duration {
    /// Whole nanoseconds, as NIO counts time.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
#endif
