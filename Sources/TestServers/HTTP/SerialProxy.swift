import Foundation
import Synchronization

/// Stands before a server that speaks HTTP, and passes on one request at a time: for servers that go wrong with several.
///
/// Connections to it are kept open, whatever the server does with its own. A test may put itself in between.
public final class SerialProxy: Sendable {
    /// What a test does with a request before the server gets it: nil lets it through.
    public typealias Interception = @Sendable (HTTPExchangeRequest, Forwarding) -> HTTPExchangeAnswer?

    /// What becomes of a request that the server would get wrong.
    public enum Adapted: Sendable {
        /// This is sent to the server.
        case request(HTTPExchangeRequest)
        /// This is replied in its place.
        case reply(HTTPExchangeReply)
    }

    /// Makes up for what the server gets wrong.
    public typealias Adaptation = @Sendable (HTTPExchangeRequest) -> Adapted

    /// Passes a request on to the server.
    public struct Forwarding: Sendable {
        fileprivate let port: Int
        fileprivate let lock: NSLock
        fileprivate let adaptation: Adaptation

        /// To the server at a port of the loopback interface.
        public init(to port: Int, adapting adaptation: @escaping Adaptation = { .request($0) }) {
            self.port = port
            self.adaptation = adaptation
            lock = NSLock()
        }

        /// The server's reply; a page of status 502 when it gives none.
        public func callAsFunction(_ request: HTTPExchangeRequest) -> HTTPExchangeReply {
            switch adaptation(request) {
            case .reply(let reply): reply
            case .request(let adapted): lock.withLock { ServerCall.send(adapted, toPort: port) ?? .page(502) }
            }
        }
    }

    private let server: ScriptedHTTPServer

    private final class Relay: Sendable {
        let forwarding: Forwarding
        let interception = Mutex<Interception?>(nil)

        init(_ forwarding: Forwarding) { self.forwarding = forwarding }

        func answer(_ request: HTTPExchangeRequest) -> HTTPExchangeAnswer {
            let interception = interception.withLock { $0 }
            return interception?(request, forwarding) ?? .reply(forwarding(request))
        }
    }

    private let relay: Relay

    /// A proxy before a server. Those that share what passes requests on pass on one at a time together.
    public init(_ forwarding: Forwarding) throws {
        let relay = Relay(forwarding)
        self.relay = relay
        server = try ScriptedHTTPServer.start(keepsRequests: false) { relay.answer($0) }
    }

    /// `http://127.0.0.1:port`.
    public var url: String { server.url }

    /// How many connections were made so far.
    public var acceptedCount: Int { server.acceptedCount }

    /// Puts a test in between, or with nil takes it out.
    public func intercept(_ interception: Interception?) { relay.interception.withLock { $0 = interception } }

    /// Takes no more connections and ends those that there are.
    public func stop() { server.stop() }
}

/// One request over a connection of its own.
enum ServerCall {
    /// Nil when there is no reply that can be read.
    static func send(_ request: HTTPExchangeRequest, toPort port: Int) -> HTTPExchangeReply? {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard handle >= 0 else { return nil }
        defer { close(handle) }
        guard FreePort.withAddress(port, { connect(handle, $0, $1) }) == 0 else { return nil }
        var head = "\(request.method) \(request.target) HTTP/1.1\r\nConnection: close\r\n"
        for (name, value) in request.headers where !["connection", "content-length"].contains(name) {
            head += "\(name): \(value)\r\n"
        }
        head += "content-length: \(request.body.count)\r\n\r\n"
        guard write(Array(head.utf8) + request.body, to: handle) else { return nil }
        return reply(readAll(from: handle))
    }

    private static func write(_ bytes: [UInt8], to handle: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(handle, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func readAll(from handle: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(handle, &block, block.count, 0)
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }

    private static func reply(_ bytes: [UInt8]) -> HTTPExchangeReply? {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count > 1, let status = Int(words[1]) else {
            return nil
        }
        var headers: [(name: String, value: String)] = []
        var isChunked = false
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            let name = line[..<colon].lowercased()
            if name == "transfer-encoding" { isChunked = true }
            guard !["connection", "content-length", "transfer-encoding"].contains(name) else { continue }
            headers.append((name, String(value)))
        }
        let rest = bytes[(end + 4)...]
        guard let body = isChunked ? joined(rest) : Array(rest) else { return nil }
        return HTTPExchangeReply(status, headers: headers, body: body)
    }

    /// A body that came in pieces, each behind its length; nil where the last, which is empty, is not there.
    private static func joined(_ pieces: ArraySlice<UInt8>) -> [UInt8]? {
        var (body, rest) = ([UInt8](), pieces)
        while let end = rest.firstIndex(of: 13) {
            guard let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { return nil }
            rest = rest[end...].dropFirst(2)
            guard count > 0 else { return body }
            guard rest.count >= count + 2 else { return nil }
            body += rest.prefix(count)
            rest = rest.dropFirst(count + 2)
        }
        return nil
    }
}

extension HTTPExchangeRequest {
    /// The same with other headers, their names in lower case.
    public func with(_ headers: [String: String]) -> HTTPExchangeRequest {
        HTTPExchangeRequest(method: method, target: target, headers: headers, body: body)
    }

    /// The same with another body.
    public func with(body: [UInt8]) -> HTTPExchangeRequest {
        HTTPExchangeRequest(method: method, target: target, headers: headers, body: body)
    }
}
