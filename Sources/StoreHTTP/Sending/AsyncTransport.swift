#if HTTPStores
import AsyncHTTPClient
package import KeyValue
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends requests by AsyncHTTPClient: HTTP/1.1, over as many connections as configured, which are kept and used again.
///
/// It follows no redirection, unpacks nothing, and repeats nothing. Each transport works on one event loop: a request wakes
/// that, a whole reply wakes the task that waits for it, and nothing goes from one loop to another.
package final class AsyncTransport: HTTPTransport {
    private let loop: any EventLoop
    private let client: HTTPClient
    private let environment: StoreEnvironment
    private let gate = SendingGate()

    /// Throws ``StoreError/Code/invalidArgument`` when the file of authorities can't be read.
    package init(_ configuration: HTTPConfiguration, environment: StoreEnvironment) throws(StoreError) {
        self.environment = environment
        var settings = HTTPClient.Configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let file = configuration.authorities {
            // Read here: a file that is not there would else be told of by each connection.
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
            } catch {
                throw StoreError(
                    .invalidArgument,
                    "The file of the option ca holds no certificates in the PEM format.",
                    ["ca": file],
                    cause: error
                )
            }
        }
        settings.tlsConfiguration = tls
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.httpVersion = .http1Only
        settings.timeout.connect = .init(configuration.connectTimeout)
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connections
        settings.connectionPool.retryConnectionEstablishment = false
        // Its spans would have no parent on the event loop; stores have their own.
        settings.tracing.tracer = nil
        loop = MultiThreadedEventLoopGroup.singleton.next()
        client = HTTPClient(eventLoopGroup: loop, configuration: settings)
    }

    // A client that is let go without this ends the process.
    deinit { client.shutdown { _ in } }

    /// What was begun is finished first, which its deadline bounds.
    package func close() async {
        await gate.close()
        // It fails only when it has been done already.
        do { try await client.shutdown() } catch { return }
    }

    package func send(_ request: StoreRequest, deadline: Duration) async throws(HTTPFailure) -> StoreReply {
        let remaining = deadline - environment.now()
        guard remaining > .zero else { throw HTTPFailure(.timedOut, maybeSent: false) }
        guard request.isSentUnchanged else { throw HTTPFailure(.illegalRequest, maybeSent: false) }
        guard gate.enter() else { throw HTTPFailure(.closed, maybeSent: false) }
        defer { gate.leave() }
        let sending = SendingState(hasBody: !request.body.isEmpty)
        do {
            return try await exchange(request, sending, deadline: .now() + TimeAmount(remaining))
        } catch {
            throw sending.failure(of: error)
        }
    }

    private func exchange(
        _ request: StoreRequest,
        _ sending: SendingState,
        deadline: NIODeadline
    ) async throws -> StoreReply {
        let outgoing = try HTTPClient.Request(request, sending)
        let collector = ReplyCollector(of: request)
        let exchange = Exchange()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute {
                    let task = exchange.begin {
                        self.client.execute(request: outgoing, delegate: collector, deadline: deadline)
                    }
                    guard let task else { return continuation.resume(throwing: CancellationError()) }
                    task.futureResult.whenComplete { continuation.resume(with: $0) }
                }
            }
        } onCancel: {
            exchange.cancel()
        }
    }
}

/// A request on its way, which may be cancelled from any thread, before it has begun too.
private final class Exchange: Sendable {
    private enum State {
        case waiting
        case begun(HTTPClient.Task<StoreReply>)
        case cancelled
    }

    private let state = Mutex(State.waiting)

    /// Nil when it was cancelled before.
    func begin(_ send: () -> HTTPClient.Task<StoreReply>) -> HTTPClient.Task<StoreReply>? {
        state.withLock { state in
            guard case .waiting = state else { return nil }
            let task = send()
            state = .begun(task)
            return task
        }
    }

    func cancel() {
        let task = state.withLock { state -> HTTPClient.Task<StoreReply>? in
            defer { state = .cancelled }
            guard case .begun(let task) = state else { return nil }
            return task
        }
        task?.cancel()
    }
}

extension HTTPClient.Request {
    /// One that tells `sending` when its body is first asked for: until then the server has not got the request whole.
    fileprivate init(_ request: StoreRequest, _ sending: SendingState) throws {
        var headers = HTTPHeaders()
        for header in request.headers { headers.add(name: header.name, value: header.value) }
        let bytes = request.body
        let body = HTTPClient.Body.stream(contentLength: Int64(bytes.count)) { writer in
            sending.begin()
            return writer.write(.byteBuffer(ByteBuffer(bytes: bytes)))
        }
        try self.init(
            url: request.endpoint.url + request.target,
            method: HTTPMethod(rawValue: request.method),
            headers: headers,
            body: bytes.isEmpty ? nil : body
        )
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
    }
}
#endif
