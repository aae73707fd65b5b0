#if HTTP
import AsyncHTTPClient
import Foundation
import HTTPAPI
import KeyValue
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Telemetry

/// A server on a real socket for the time of a test, and a client of its own.
struct RunningServer: Sendable {
    static let token = "a-token-of-the-tests"

    let address: ListenAddress
    let metrics: MetricsRegistry
    let log: LogLines
    /// Asks the server to stop.
    let stop: @Sendable () -> Void
    private let client: HTTPClient

    static func run(
        _ services: [any HTTPService],
        tokens: String = "tester \(token)",
        options: HTTPServer.Options = HTTPServer.Options(),
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let metrics = MetricsRegistry()
        let log = LogLines()
        let server = HTTPServer(
            services,
            tokens: try BearerTokens(tokens),
            metrics: metrics,
            logger: Logger(label: "test") { _ in log },
            options: options
        )
        let (listening, whenListening) = AsyncStream.makeStream(of: ListenAddress.self)
        let serving = Task {
            defer { whenListening.finish() }
            try await server.run { address in whenListening.yield(address) }
        }
        var addresses = listening.makeAsyncIterator()
        guard let address = await addresses.next() else { return try await serving.value }
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let running = RunningServer(
            address: address,
            metrics: metrics,
            log: log,
            stop: { serving.cancel() },
            client: client
        )
        do {
            try await body(running)
        } catch {
            try await client.shutdown()
            serving.cancel()
            throw error
        }
        try await client.shutdown()
        serving.cancel()
        try await serving.value
    }

    struct Reply: Sendable {
        let status: UInt
        let headers: [String: String]
        let body: String

        /// A field of the object that the body is.
        func field<Value: Decodable>(_ name: String, as type: Value.Type = String.self) throws -> Value? {
            try JSONDecoder().decode([String: Field<Value>].self, from: Data(body.utf8))[name]?.value
        }
    }

    private struct Field<Value: Decodable>: Decodable {
        let value: Value?

        init(from decoder: any Decoder) throws {
            // One of another type than was asked for is as if it were not there.
            value = try? decoder.singleValueContainer().decode(Value.self)
        }
    }

    func send(
        _ method: String = "GET",
        _ path: String,
        token: String? = token,
        headers: [(String, String)] = [],
        body: HTTPClientRequest.Body? = nil
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: "http://\(address)\(path)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.body = body
        let response = try await client.execute(request, timeout: .minutes(2))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return Reply(
            status: response.status.code,
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
            body: String(buffer: bytes)
        )
    }
}

/// Keeps what is logged.
final class LogLines: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.withLock { $0.append("\(event.level) \(event.message) \(details.joined(separator: " "))") }
    }
}
#endif
