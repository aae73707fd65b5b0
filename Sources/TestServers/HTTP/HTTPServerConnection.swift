import Foundation

/// One connection of a ``ScriptedHTTPServer``, over a blocking socket that it does not close.
struct HTTPServerConnection {
    private static let headBytesMax = 1 << 20
    private let socket: Int32
    private var buffer: [UInt8] = []

    init(_ socket: Int32) { self.socket = socket }

    /// The next request; nil when the client is gone or speaks something else.
    mutating func request() -> HTTPExchangeRequest? {
        let blank = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            if let end = find(blank, from: searched) { return request(headBytes: end) }
            searched = max(0, buffer.count - blank.count)
            guard buffer.count < HTTPServerConnection.headBytesMax, fill() else { return nil }
        }
    }

    /// Whether the connection may go on.
    func answer(_ answer: HTTPExchangeAnswer) -> Bool {
        switch answer {
        case .reply(let reply): return send(reply.encoded)
        case .slowly(let reply):
            for piece in stride(from: 0, to: reply.encoded.count, by: 7) {
                guard send(Array(reply.encoded[piece...].prefix(7))) else { return false }
                usleep(1_000)
            }
            return true
        case .truncated(let reply, let bodyBytes):
            _ = send(reply.encoded.dropLast(max(0, reply.body.count - bodyBytes)))
            return false
        case .unfinished(let bytes): return send(bytes) && self.answer(.hang)
        case .hang:
            var byte: UInt8 = 0
            while read(socket, &byte, 1) > 0 {}
            return false
        case .disconnect: return false
        case .reset:
            var immediately = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &immediately, socklen_t(MemoryLayout<linger>.size))
            return false
        case .raw(let bytes):
            _ = send(bytes)
            return false
        }
    }

    private mutating func request(headBytes: Int) -> HTTPExchangeRequest? {
        let head = String(decoding: buffer[..<headBytes], as: UTF8.self)
        buffer.removeFirst(headBytes + 4)
        var lines = head.components(separatedBy: "\r\n")
        let first = lines.removeFirst().split(separator: " ")
        guard first.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        guard headers["transfer-encoding"] == nil, let length = Int(headers["content-length"] ?? "0"), length >= 0
        else {
            return nil
        }
        while buffer.count < length { guard fill() else { return nil } }
        let body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return HTTPExchangeRequest(method: String(first[0]), target: String(first[1]), headers: headers, body: body)
    }

    private func find(_ bytes: [UInt8], from start: Int) -> Int? {
        guard buffer.count >= bytes.count else { return nil }
        return (start...buffer.count - bytes.count).first {
            buffer[$0] == bytes[0] && buffer[$0...].starts(with: bytes)
        }
    }

    /// Reads what is there; false when the client is gone.
    private mutating func fill() -> Bool {
        let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { piece, count in
            count = max(0, read(socket, piece.baseAddress, piece.count))
        }
        buffer += piece
        return !piece.isEmpty
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            // A client that is gone is no reason to end the process.
            let count = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
