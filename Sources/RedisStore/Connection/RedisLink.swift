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
        case command(RedisCall, Int)
        /// A reply to it means nothing by itself.
        case asking
        case greeting
    }

    let endpoint: RedisEndpoint
    private unowned let router: RedisRouter
    private var state = State.idle
    /// Not written yet.
    private var waiting = CircularBuffer<Item>()
    /// Written, in the order in which replies come.
    private var inFlight = CircularBuffer<Item>()
    private var parser = RESPParser()
    private var failures = 0
    private var restsUntil = NIODeadline.uptimeNanoseconds(0)
    private var lastFailure: StoreError?
    private var isTouched = false

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
        guard waiting.count < RedisLink.waitingMax else {
            return call.fail(
                index,
                StoreError(.throttled, "More commands wait than the server takes: send less at a time.")
            )
        }
        if asking { waiting.append(.asking) }
        waiting.append(.command(call, index))
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
        var buffer = channel.allocator.buffer(capacity: 4_096)
        while inFlight.count < RedisLink.inFlightMax, buffer.readableBytes < RedisLink.bytesPerWrite,
            let item = waiting.popFirst()
        {
            switch item {
            case .command(let call, let index):
                guard !call.isAnswered(index) else { continue }
                call.commands[index].write(to: &buffer)
                call.noteWritten(index)
            case .asking:
                // The command that asks was cancelled: then nothing asks.
                guard case .command(let call, let index) = waiting.first, !call.isAnswered(index) else { continue }
                RedisCommand("ASKING").write(to: &buffer)
            case .greeting: continue
            }
            inFlight.append(item)
        }
        guard buffer.readableBytes > 0 else { return }
        channel.writeAndFlush(buffer, promise: nil)
    }

    private func connect() {
        guard !waiting.isEmpty else { return }
        state = .connecting
        parser = RESPParser()
        let configuration = router.configuration
        let endpoint = endpoint
        let bootstrap = ClientBootstrap(group: router.loop)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = try router.tls() {
                        let host = configuration.tls?.verifiesName == true ? endpoint.host : nil
                        let name = host.flatMap { $0.isAddress ? nil : $0 }
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: name)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(RedisChannelHandler(link: self))
                }
            }
        bootstrap.connect(host: endpoint.host, port: endpoint.port).whenComplete { [self] result in
            switch result {
            case .success(let channel): greet(channel)
            case .failure(let error): connectionFailed(unreachable(error))
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

    private func greet(_ channel: any Channel) {
        guard case .connecting = state else {
            channel.close(promise: nil)
            return
        }
        state = .greeting(channel)
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
            command.write(to: &buffer)
            inFlight.append(.greeting)
        }
        channel.writeAndFlush(buffer, promise: nil)
    }

    private func greeted(with reply: RESPValue) {
        if case .error(let text) = reply {
            let isOld = text.hasPrefix("ERR unknown command") || text.hasPrefix("NOPROTO")
            return fail(
                isOld
                    ? .unsupported("The server is older than Redis 6, whose protocol is needed.", ["server": text])
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

    /// Takes in what the server sent.
    func received(_ buffer: inout ByteBuffer) {
        do throws(RESPError) {
            while let value = try parser.next(from: &buffer) {
                if case .push = value { continue }
                guard let item = inFlight.popFirst() else { throw RESPError(reason: "a reply answers nothing") }
                switch item {
                case .command(let call, let index): router.reply(value, to: call, index)
                case .greeting: greeted(with: value)
                case .asking: break
                }
            }
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
        becameWritable()
    }

    func becameWritable() {
        if case .ready(let channel) = state { write(to: channel) }
    }

    /// The connection is gone.
    func disconnected(_ error: (any Error)?) {
        switch state {
        case .greeting: fail(unreachable(error), isFailedAttempt: true)
        case .ready: fail(unreachable(error), isFailedAttempt: false)
        case .idle, .connecting, .closed: break
        }
    }

    private func connectionFailed(_ error: StoreError) {
        guard case .connecting = state else { return }
        fail(error, isFailedAttempt: true)
    }

    /// Answers everything with an error, and lets go of the connection; the next command makes a new one.
    private func fail(_ error: StoreError, isFailedAttempt: Bool) {
        if case .closed = state { return }
        let before = state
        // First of all: closing the channel comes back here at once.
        state = .idle
        switch before {
        case .greeting(let channel), .ready(let channel): channel.close(promise: nil)
        case .idle, .connecting, .closed: break
        }
        lastFailure = error
        if isFailedAttempt {
            failures += 1
            restsUntil = .now() + router.pause(after: failures)
        }
        failPending(error)
        router.linkFailed(self)
    }

    private func failPending(_ error: StoreError) {
        let items = Array(inFlight) + Array(waiting)
        inFlight.removeAll()
        waiting.removeAll()
        for case .command(let call, let index) in items { call.fail(index, error) }
    }

    /// Gives up on the connection when the oldest command has waited for too long.
    func checkDeadlines(_ now: NIODeadline) {
        let first = inFlight.first ?? waiting.first
        let isLate =
            switch first {
            case .command(let call, _): call.deadline <= now
            case .asking: false
            case .greeting:
                waiting.contains { if case .command(let call, _) = $0 { call.deadline <= now } else { false } }
            case nil: false
            }
        guard isLate else { return }
        let error = StoreError(
            .timedOut,
            "The server did not answer in time: see how busy it is, or allow more with ?timeout=….",
            ["server": "\(endpoint)"]
        )
        fail(error, isFailedAttempt: true)
    }

    func close() {
        let before = state
        state = .closed
        switch before {
        case .greeting(let channel), .ready(let channel): channel.close(promise: nil)
        case .idle, .connecting, .closed: break
        }
        failPending(.closed)
    }
}

extension Duration {
    /// Whole nanoseconds, as NIO counts time.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}

extension String {
    /// Whether it is an address rather than a name.
    fileprivate var isAddress: Bool { contains(":") || allSatisfy { $0.isNumber || $0 == "." } }
}
#endif
