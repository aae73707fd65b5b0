import Foundation
import Synchronization

/// An HTTP/1.1 server on the loopback interface that does with each request what a test says.
///
/// It speaks over plain blocking sockets, one thread a connection, so that a client is tested by something that shares
/// nothing with it. Connections are kept open. Bodies come with a Content-Length; anything else ends the connection.
public final class ScriptedHTTPServer: Sendable {
    /// What a server does with a request; called on the connection's thread, several at a time.
    public typealias Handler = @Sendable (HTTPExchangeRequest) -> HTTPExchangeAnswer

    private struct State {
        var handle: Int32?
        var connections: Set<Int32> = []
        var accepted = 0
        var requests: [HTTPExchangeRequest] = []
    }

    /// What the listening thread holds, so that it does not hold the server.
    private final class Shared: Sendable {
        let state = Mutex(State())
        let handler: Handler
        let keepsRequests: Bool

        init(keepsRequests: Bool, _ handler: @escaping Handler) {
            self.keepsRequests = keepsRequests
            self.handler = handler
        }

        func serve(_ socket: Int32) {
            let isWanted = state.withLock { state in
                guard state.handle != nil else { return false }
                state.connections.insert(socket)
                state.accepted += 1
                return true
            }
            var connection = HTTPServerConnection(socket)
            if isWanted {
                while let request = connection.request() {
                    if keepsRequests { state.withLock { $0.requests.append(request) } }
                    guard connection.answer(handler(request)) else { break }
                }
            }
            // Taken out first: the number may be given to another connection as soon as it is closed.
            state.withLock { _ = $0.connections.remove(socket) }
            close(socket)
        }
    }

    /// Where it listens on 127.0.0.1.
    public let port: Int
    private let shared: Shared

    private init(port: Int, keepsRequests: Bool, _ handler: @escaping Handler) throws {
        self.port = port
        shared = Shared(keepsRequests: keepsRequests, handler)
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard FreePort.withAddress(port, { bind(handle, $0, $1) }) == 0, listen(handle, 128) == 0 else {
            close(handle)
            throw ServerError("The scripted server can't listen on port \(port).")
        }
        shared.state.withLock { $0.handle = handle }
        Thread.detachNewThread { [shared] in
            while case let client = accept(handle, nil, nil), client >= 0 {
                var yes: Int32 = 1
                setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                Thread.detachNewThread { shared.serve(client) }
            }
            close(handle)
        }
    }

    /// Starts one. It ends with the last reference to it, or with ``stop()``.
    ///
    /// - Parameter keepsRequests: Whether ``requests`` has them.
    public static func start(keepsRequests: Bool = true, _ handler: @escaping Handler) throws -> ScriptedHTTPServer {
        var attempt = 0
        while true {
            do {
                return try ScriptedHTTPServer(port: FreePort.find(), keepsRequests: keepsRequests, handler)
            } catch {
                // Somebody else may have taken the port meanwhile.
                attempt += 1
                if attempt == 3 { throw error }
            }
        }
    }

    deinit { stop() }

    /// `http://127.0.0.1:port`.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// Every request so far, in the order of arrival.
    public var requests: [HTTPExchangeRequest] { shared.state.withLock { $0.requests } }

    /// How many connections were made so far.
    public var acceptedCount: Int { shared.state.withLock { $0.accepted } }

    /// How many connections are open.
    public var connectionCount: Int { shared.state.withLock { $0.connections.count } }

    /// Takes no more connections and ends those that there are.
    public func stop() {
        shared.state.withLock { state in
            guard let handle = state.handle.take() else { return }
            shutdown(handle, Int32(SHUT_RDWR))
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }
}
