#if Redis
import Foundation
import Glibc
import KeyValue
import Synchronization

@testable import RedisStore

/// A plain connection to a Redis of the tests: it speaks version 2 of the protocol over one blocking socket, so that a
/// raw view is tested without the client.
final class SocketServer: RawServer {
    private struct Connection {
        let socket: Int32
        var buffer: [UInt8] = []
        var index = 0

        mutating func byte() throws(StoreError) -> UInt8 {
            if index == buffer.count {
                buffer = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                    count = max(0, read(socket, buffer.baseAddress, buffer.count))
                }
                index = 0
                if buffer.isEmpty { throw StoreError(.unavailable, "The server closed the connection.") }
            }
            index += 1
            return buffer[index - 1]
        }

        mutating func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
            var found: [UInt8] = []
            found.reserveCapacity(count)
            while found.count < count {
                found.append(try byte())
                let take = min(count - found.count, buffer.count - index)
                found += buffer[index..<index + take]
                index += take
            }
            return found
        }

        mutating func line() throws(StoreError) -> [UInt8] {
            var found: [UInt8] = []
            while true {
                let next = try byte()
                if next == 0x0D {
                    _ = try byte()
                    return found
                }
                found.append(next)
            }
        }

        mutating func reply() throws(StoreError) -> RawReply {
            let kind = try byte()
            let line = try line()
            let number = Int64(String(decoding: line, as: UTF8.self))
            switch (kind, number) {
            case (0x2B, _): return .bytes(line)
            case (0x2D, _): return .error(String(decoding: line, as: UTF8.self))
            case (0x3A, let number?): return .number(number)
            case (0x24, -1), (0x2A, -1): return .null
            case (0x24, let count?):
                let content = try bytes(Int(count))
                _ = try bytes(2)
                return .bytes(content)
            case (0x2A, let count?):
                var items: [RawReply] = []
                for _ in 0..<count { items.append(try reply()) }
                return .array(items)
            default: throw StoreError(.corrupted, "No reply of a Redis.")
            }
        }
    }

    private let connection: Mutex<Connection>
    /// Called with each command before it is sent.
    private let watch: @Sendable ([[UInt8]]) -> Void

    init(port: Int, database: Int = 0, watch: @escaping @Sendable ([[UInt8]]) -> Void = { _ in }) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw CocoaError(.fileReadUnknown) }
        connection = Mutex(Connection(socket: descriptor))
        self.watch = watch
        _ = try send([["SELECT", "\(database)"].map { Array($0.utf8) }])
    }

    deinit { _ = connection.withLock { Glibc.close($0.socket) } }

    /// Sends commands in one go, and waits for their replies.
    @discardableResult
    func send(_ commands: [[[UInt8]]]) throws(StoreError) -> [RawReply] {
        for command in commands { watch(command) }
        var bytes: [UInt8] = []
        for command in commands {
            bytes += Array("*\(command.count)\r\n".utf8)
            for part in command { bytes += Array("$\(part.count)\r\n".utf8) + part + [0x0D, 0x0A] }
        }
        return try connection.withLock { (connection) throws(StoreError) -> [RawReply] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { write(connection.socket, $0.baseAddress, $0.count) }
                guard count > 0 else { throw StoreError(.unavailable, "The server closed the connection.") }
                sent += count
            }
            var replies: [RawReply] = []
            for _ in commands { replies.append(try connection.reply()) }
            return replies
        }
    }

    /// The same for a command of texts.
    @discardableResult
    func send(_ command: String...) throws(StoreError) -> RawReply {
        try send([command.map { Array($0.utf8) }])[0]
    }

    func nodes() async throws(StoreError) -> [String] { ["only"] }

    func replies(to commands: [[[UInt8]]], at node: String?) async throws(StoreError) -> [RawReply] {
        try send(commands)
    }

    func close() async {}
}
#endif
