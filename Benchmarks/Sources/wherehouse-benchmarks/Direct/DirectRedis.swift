import Foundation
import KeyValue

/// A Redis of this run's own that keeps nothing on disk, and a connection that asks as a careful programmer would.
final class DirectRedis {
    private let server: ServerProcess
    private var handle: Int32 = -1
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private var (start, end) = (0, 0)

    init() throws {
        server = try ServerProcess("redis-server --port $0 --bind 127.0.0.1 --save ''")
        try server.wait { try connect() }
    }

    func stop() {
        close(handle)
        server.stop()
    }

    var port: Int { server.port }
    var url: String { "redis://127.0.0.1:\(port)" }

    private func connect() throws -> Bool {
        handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard ServerProcess.withAddress(port, { Foundation.connect(handle, $0, $1) }) == 0 else {
            close(handle)
            return false
        }
        var yes: Int32 = 1
        setsockopt(handle, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return true
    }

    /// Stores a string under each key of the data, in pipelines of a thousand.
    func fill(_ data: Dataset) throws {
        for start in stride(from: 0, to: data.keys.count, by: 1_000) {
            let numbers = start..<min(start + 1_000, data.keys.count)
            var request: [UInt8] = []
            for number in numbers {
                let name = data.keys[number].partition + data.keys[number].bytes
                DirectRedis.append([Array("SET".utf8), name, data.value(number)], to: &request)
            }
            try send(request)
            for _ in numbers { _ = try answer() }
        }
    }

    func flush() throws {
        var request: [UInt8] = []
        DirectRedis.append([Array("FLUSHALL".utf8)], to: &request)
        try send(request)
        _ = try answer()
    }

    /// Reads every key by SCAN and its value by MGET; how many values are of the data.
    func scan() throws -> Int {
        var values = 0
        var cursor = Array("0".utf8)
        repeat {
            var request: [UInt8] = []
            DirectRedis.append([Array("SCAN".utf8), cursor, Array("COUNT".utf8), Array("1024".utf8)], to: &request)
            try send(request)
            guard try header(0x2A) == 2 else { throw WrongAnswer(answer: "SCAN") }
            cursor = try bulk()
            let names = try (0..<header(0x2A)).map { _ in try bulk() }
            guard !names.isEmpty else { continue }
            request = []
            DirectRedis.append([Array("MGET".utf8)] + names, to: &request)
            try send(request)
            // Keys that are no strings have none, and what a store has beside its records is shorter.
            for _ in 0..<(try header(0x2A)) where try bulk().count >= 300 { values += 1 }
        } while cursor != Array("0".utf8)
        return values
    }

    /// Sends commands at once; the answers, each as a list: that of one text or number has one member.
    func ask(_ commands: [[String]]) throws -> [[String]] {
        var request: [UInt8] = []
        for command in commands { DirectRedis.append(command.map { Array($0.utf8) }, to: &request) }
        try send(request)
        return try commands.map { _ in try list() }
    }

    private func list() throws -> [String] {
        // Their lines are read as they come: the first byte tells what follows.
        while start == end { try receive() }
        switch buffer[start] {
        case 0x2A: return try (0..<max(0, header(0x2A))).flatMap { _ in try list() }
        case 0x24: return [String(decoding: try bulk(), as: UTF8.self)]
        case 0x2D: throw WrongAnswer(answer: String(decoding: try line(), as: UTF8.self))
        default: return [String(decoding: try line().dropFirst(), as: UTF8.self)]
        }
    }

    private static func append(_ parts: [[UInt8]], to request: inout [UInt8]) {
        request += Array("*\(parts.count)\r\n".utf8)
        for part in parts { request += Array("$\(part.count)\r\n".utf8) + part + [0x0D, 0x0A] }
    }

    private func send(_ request: [UInt8]) throws {
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes { write(handle, $0.baseAddress, $0.count) }
            guard count > 0 else { throw WrongAnswer(answer: "closed") }
            sent += count
        }
    }

    /// One answer that is a line.
    private func answer() throws -> [UInt8] { try line() }

    private func header(_ kind: UInt8) throws -> Int {
        let line = try line()
        guard line.first == kind, let count = Int(String(decoding: line.dropFirst(), as: UTF8.self)) else {
            throw WrongAnswer(answer: String(decoding: line, as: UTF8.self))
        }
        return count
    }

    private func bulk() throws -> [UInt8] {
        let count = try header(0x24)
        guard count >= 0 else { return [] }
        while end - start < count + 2 { try receive() }
        defer { start += count + 2 }
        return Array(buffer[start..<start + count])
    }

    private func line() throws -> [UInt8] {
        while true {
            if let place = buffer[start..<end].firstIndex(of: 0x0D), place + 1 < end {
                defer { start = place + 2 }
                return Array(buffer[start..<place])
            }
            try receive()
        }
    }

    private func receive() throws {
        if start > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: bytes[..<(end - start)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
            (start, end) = (0, end - start)
        }
        let count = buffer[end...].withUnsafeMutableBytes { read(handle, $0.baseAddress, $0.count) }
        guard count > 0 else { throw WrongAnswer(answer: "closed") }
        end += count
    }
}

/// The server did not do what it was asked.
struct WrongAnswer: Error {
    var answer: String
}
