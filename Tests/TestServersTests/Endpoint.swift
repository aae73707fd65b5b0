import Foundation
import Synchronization

@testable import TestServers

/// A server that sends back what it gets, and counts it.
final class EchoServer: Sendable {
    let port: Int
    private let listener: Int32
    private let counted = Mutex(0)

    init() throws {
        port = try FreePort.find()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard FreePort.withAddress(port, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw POSIXError(.EADDRINUSE)
        }
        Thread.detachNewThread { [self] in
            while case let handle = accept(listener, nil, nil), handle >= 0 {
                Thread.detachNewThread { self.echo(handle) }
            }
        }
    }

    /// How many bytes have arrived.
    var received: Int { counted.withLock { $0 } }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func echo(_ handle: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while case let count = recv(handle, &buffer, buffer.count, 0), count > 0 {
            counted.withLock { $0 += count }
            send(handle, buffer, count, Int32(MSG_NOSIGNAL))
        }
        close(handle)
    }
}

/// A client's connection.
final class Caller {
    enum Answer: Equatable {
        case bytes([UInt8])
        /// The other side has said that nothing more comes.
        case end
        /// Nothing is there, and the connection is open.
        case nothing
        case failed(Int32)
    }

    private let handle: Int32

    /// Throws the call's error.
    init(_ port: Int) throws {
        handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard FreePort.withAddress(port, { connect(handle, $0, $1) }) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    deinit { close(handle) }

    func say(_ text: String) { send(handle, Array(text.utf8), text.utf8.count, Int32(MSG_NOSIGNAL)) }

    func finish() { shutdown(handle, Int32(SHUT_WR)) }

    /// Waits for that many bytes, or for what comes instead.
    func hear(_ count: Int) -> Answer {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard case .bytes(let more) = take(count - bytes.count, flags: 0) else { return take(1, flags: 0) }
            bytes += more
        }
        return .bytes(bytes)
    }

    /// What is there already.
    func look() -> Answer { take(1, flags: Int32(MSG_DONTWAIT)) }

    /// Waits for what comes next.
    func next() -> Answer { take(4_096, flags: 0) }

    private func take(_ limit: Int, flags: Int32) -> Answer {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(handle, &buffer, limit, flags)
        if count > 0 { return .bytes(Array(buffer[..<count])) }
        if count == 0 { return .end }
        return errno == EAGAIN ? .nothing : .failed(errno)
    }
}
