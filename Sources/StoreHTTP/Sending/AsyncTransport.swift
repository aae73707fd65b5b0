#if HTTPStores
import AsyncHTTPClient
import Glibc
package import KeyValue
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Sends requests by AsyncHTTPClient: HTTP/1.1, over as many connections as configured, which are kept and used again.
///
/// It follows no redirection, unpacks nothing, and repeats nothing.
package final class AsyncTransport: HTTPTransport {
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
        client = HTTPClient(configuration: settings)
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
            return try await withThrowingTaskGroup(of: StoreReply?.self) { group in
                group.addTask { try await self.exchange(request, sending) }
                group.addTask {
                    try await self.environment.sleep(remaining)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let reply = first else {
                    throw HTTPClientError.deadlineExceeded
                }
                return reply
            }
        } catch {
            throw sending.failure(of: error)
        }
    }

    private func exchange(_ request: StoreRequest, _ sending: SendingState) async throws -> StoreReply {
        var outgoing = HTTPClientRequest(url: request.endpoint.url + request.target)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if sending.hasBody {
            let body = WatchedBody(bytes: request.body, sending: sending)
            outgoing.body = .stream(body, length: .known(Int64(request.body.count)))
        }
        let response = try await client.execute(outgoing, deadline: .distantFuture)
        let buffer = try await response.body.collect(upTo: request.replyBytesMax)
        // A body whose reading was cancelled may look like one that ended.
        try Task.checkCancellation()
        return StoreReply(
            status: Int(response.status.code),
            headers: response.headers.map { (name: $0.name, value: $0.value) },
            body: Array(buffer.readableBytesView)
        )
    }
}

/// The body of a request, which tells when it is first asked for: until then the server has not got the request whole.
private struct WatchedBody: AsyncSequence, Sendable {
    let bytes: [UInt8]
    let sending: SendingState

    struct AsyncIterator: AsyncIteratorProtocol {
        var bytes: [UInt8]?
        let sending: SendingState

        mutating func next() async throws -> ByteBuffer? {
            sending.hasBegun.store(true, ordering: .sequentiallyConsistent)
            return bytes.take().map { ByteBuffer(bytes: $0) }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(bytes: bytes, sending: sending) }
}

/// How far a request has come.
private final class SendingState: Sendable {
    let hasBody: Bool
    let hasBegun = Atomic<Bool>(false)

    init(hasBody: Bool) { self.hasBody = hasBody }

    func failure(of error: any Error) -> HTTPFailure {
        let (kind, isBeforeSending, detail) = SendingState.kind(of: error)
        let maybeSent = !isBeforeSending && (!hasBody || hasBegun.load(ordering: .sequentiallyConsistent))
        return HTTPFailure(kind, maybeSent: maybeSent, detail: detail)
    }

    /// Details are given only where they can't hold anything of the request.
    private static func kind(of error: any Error) -> (HTTPFailure.Kind, isBeforeSending: Bool, detail: String) {
        switch error {
        case is CancellationError: return (.cancelled, false, "")
        case is NIOTooManyBytesError: return (.tooLarge, false, "")
        // A body that is not as long as its head said.
        case HTTPParserError.invalidEOFState: return (.disconnected, false, "the reply is not whole")
        case is HTTPParserError: return (.illegalReply, false, "\(error)")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: return (.notEncrypted, false, "\(error)")
        case let error as NIOConnectionError: return (.notConnected, true, "\(error)")
        case ChannelError.connectTimeout: return (.notConnected, true, "")
        case let error as IOError where error.errnoCode == ECONNREFUSED: return (.notConnected, true, "\(error)")
        case is ChannelError, is IOError: return (.disconnected, false, "\(error)")
        default: break
        }
        switch error as? HTTPClientError {
        case .cancelled: return (.cancelled, false, "")
        case .alreadyShutdown: return (.closed, true, "")
        case .connectTimeout, .getConnectionFromPoolTimeout: return (.notConnected, true, "")
        case .tlsHandshakeTimeout: return (.notEncrypted, true, "")
        case .deadlineExceeded, .readTimeout, .writeTimeout: return (.timedOut, false, "")
        case .remoteConnectionClosed, .uncleanShutdown, .requestStreamCancelled: return (.disconnected, false, "")
        case .none: return (.disconnected, false, "\(type(of: error))")
        // The others are about a request that was never sent; their descriptions may show what it holds.
        case .some: return (.illegalRequest, true, "")
        }
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .seconds(seconds) + .nanoseconds(attoseconds / 1_000_000_000)
    }
}
#endif
