import Foundation
import Synchronization

/// One connection through a proxy: a socket to either side, and a thread for each direction.
final class ProxiedConnection: Sendable {
    private struct State {
        var isReset = false
        var hasLostBytes = false
        var requested = 0
        var ended = 0
        var isClosed = false
    }

    private let client: Int32
    private let server: Int32
    private let climate: Climate
    private let state = Mutex(State())

    init(client: Int32, server: Int32, in climate: Climate) {
        self.client = client
        self.server = server
        self.climate = climate
    }

    var hasLostBytes: Bool { state.withLock { $0.hasLostBytes } }

    func forgetRequests() { state.withLock { $0.requested = 0 } }

    func start() {
        for direction in [Direction.request, .reply] {
            Thread.detachNewThread { [self] in
                pump(direction)
                let isLast = state.withLock { state in
                    state.ended += 1
                    return state.ended == 2
                }
                if isLast { close() }
            }
        }
    }

    /// Has both sides see a reset. Both threads end, and the last one closes the sockets.
    func reset() {
        state.withLock { state in
            guard !state.isClosed, !state.isReset else { return }
            state.isReset = true
            // This wakes the threads and sends nothing; a close without linger then sends RST instead of FIN.
            var atOnce = linger(l_onoff: 1, l_linger: 0)
            for handle in [client, server] {
                setsockopt(handle, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
                shutdown(handle, Int32(SHUT_RD))
            }
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            Foundation.close(client)
            Foundation.close(server)
        }
        climate.remove(self)
    }

    private var isReset: Bool { state.withLock { $0.isReset } }

    private func pump(_ direction: Direction) {
        let (source, target) = direction == .request ? (client, server) : (server, client)
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while case let count = recv(source, &buffer, buffer.count, 0), !isReset {
            if count > 0 {
                if case .slow(_, let delay) = climate.weather { climate.sleep(delay) }
                pass(buffer[..<count], direction, to: target)
                continue
            }
            if climate.weather.swallows(direction) {
                state.withLock { $0.hasLostBytes = true }
            } else if count == 0 {
                shutdown(target, Int32(SHUT_WR))
            } else {
                reset()
            }
            return
        }
    }

    /// Does with what arrived together as the weather wants, which may change between its pieces.
    private func pass(_ bytes: ArraySlice<UInt8>, _ direction: Direction, to target: Int32) {
        var rest = bytes
        while !rest.isEmpty, !isReset {
            let weather = climate.weather
            guard !weather.swallows(direction) else {
                state.withLock { $0.hasLostBytes = true }
                return climate.swallow(rest.count)
            }
            var piece = rest
            switch (weather, direction) {
            case (.slow(let bytesPerSecond, _), _):
                piece = rest.prefix(max(1, bytesPerSecond / 20))
                climate.sleep(.seconds(1) * piece.count / max(1, bytesPerSecond))
            case (.garbage, .reply):
                piece = ArraySlice(rest.map { ~$0 })
            case (.loseReplies(let limit), .reply) where state.withLock({ $0.requested >= limit }):
                return reset()
            default:
                break
            }
            // Counted before it is sent: its reply may be here before the call returns.
            if direction == .request { state.withLock { $0.requested += piece.count } }
            send(Array(piece), to: target)
            rest = rest.dropFirst(piece.count)
        }
    }

    private func send(_ bytes: [UInt8], to target: Int32) {
        var sent = 0
        while sent < bytes.count, !isReset {
            // A side that does not read must not keep a reset waiting.
            var ready = pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, 50) != 0 else { continue }
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = bytes[sent...].withUnsafeBytes { Foundation.send(target, $0.baseAddress, $0.count, flags) }
            if count >= 0 {
                sent += count
            } else if errno != EAGAIN, errno != EINTR {
                return reset()
            }
        }
    }
}
