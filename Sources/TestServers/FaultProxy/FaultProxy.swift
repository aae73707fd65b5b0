import Foundation
import Synchronization

/// A TCP proxy on the loopback interface that does to the connections of a test what networks do.
///
/// A connection that has lost bytes never goes on with a hole in it: the next change of the weather resets it.
/// Everything of it ends with the object. Its threads are its own, so nothing of a task is held up.
public final class FaultProxy: Sendable {
    /// Where it listens on 127.0.0.1; the same in any weather.
    public let port: Int
    private let target: Int
    private let climate: Climate
    private let listener = Mutex<Int32?>(nil)

    private init(to target: Int, port: Int, sleep: @escaping @Sendable (Duration) -> Void) {
        self.target = target
        self.port = port
        climate = Climate(sleep: sleep)
    }

    /// Starts one that passes everything.
    ///
    /// - Parameters:
    ///   - port: of the server on 127.0.0.1. It need not listen yet: while it does not, connections are reset.
    ///   - sleep: how to wait in slow weather; nil waits in real time.
    public static func start(
        to port: Int,
        sleep: (@Sendable (Duration) -> Void)? = nil
    ) throws -> FaultProxy {
        var attempt = 0
        while true {
            let proxy = FaultProxy(to: port, port: try FreePort.find(), sleep: sleep ?? wait)
            do {
                try proxy.listen()
                return proxy
            } catch {
                // Somebody else may have taken the port meanwhile.
                attempt += 1
                if attempt == 3 { throw error }
            }
        }
    }

    private static func wait(_ duration: Duration) { usleep(UInt32(duration / .microseconds(1))) }

    deinit {
        stopListening()
        climate.set(.cut)
    }

    /// How many bytes it has swallowed so far.
    public var swallowedByteCount: Int { climate.swallowed }

    /// How many connections it holds.
    public var connectionCount: Int { climate.connectionCount }

    /// Changes the weather; when this returns, it holds for every byte that arrives and every new connection.
    public func set(_ weather: Weather) throws {
        if weather == .refuse { stopListening() } else { try listen() }
        climate.set(weather)
    }

    private func listen() throws {
        try listener.withLock { listener in
            guard listener == nil else { return }
            let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var yes: Int32 = 1
            setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            guard FreePort.withAddress(port, { bind(handle, $0, $1) }) == 0, Foundation.listen(handle, 128) == 0 else {
                close(handle)
                throw ServerError("The proxy can't listen on port \(port).")
            }
            listener = handle
            // The thread knows the connections but not the proxy, which would never go otherwise.
            Thread.detachNewThread { [climate, target] in
                while case let client = accept(handle, nil, nil), client >= 0 {
                    climate.connect(client, to: target)
                }
                close(handle)
            }
        }
    }

    /// Returns when no new connection is taken any more; those that wait in the queue are reset.
    private func stopListening() {
        guard let handle = listener.withLock({ $0.take() }) else { return }
        // This ends the listening at once, and then the thread, which closes the socket.
        shutdown(handle, Int32(SHUT_RDWR))
    }
}
