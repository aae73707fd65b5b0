import AsyncHTTPClient
import Files
import HTTPAPI
import Hummingbird
import KeyValue
import Logging
import NIOCore
import NIOHTTP1
import Telemetry

/// `info` over HTTP, beside a route of Hummingbird that answers the same bytes and does nothing else; 32 clients.
func measureFileAnswers(_ bench: Workbench, _ results: inout Results) async throws {
    let store = try await bench.openStore("file-answers.db", isDurable: false)
    try await ServedUploads.fill(store, 1_000)
    let uploads = try await ServedUploads(store)
    let parameters = #"{"filename":"\#(ServedUploads.id(7))"}"#
    let answer = try await uploads.ask(.info, parameters, by: .owner(ServedUploads.owner))
    let quiet = Logger(label: "benchmarks") { _ in SwiftLogNoOpLogHandler() }
    let token = "a-token-of-the-benchmarks"

    let (ports, whenListening) = AsyncStream.makeStream(of: (isBare: Bool, port: Int).self)
    let router = Router()
    router.post("files/info") { request, _ in
        _ = try await request.body.collect(upTo: 1 << 20)
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer))
        )
    }
    let bare = Application(
        router: router,
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in whenListening.yield((true, channel.localAddress?.port ?? 0)) },
        logger: quiet
    )
    let server = HTTPServer(
        [FilesHTTPService(uploads.service)],
        tokens: try BearerTokens("owner:\(ServedUploads.owner) \(token)"),
        metrics: MetricsRegistry(),
        logger: quiet
    )
    let serving = [
        Task { try await bare.run() },
        Task { try await server.run { whenListening.yield((false, $0.port)) } },
    ]
    var places: [Bool: Int] = [:]
    for await place in ports {
        places[place.isBare] = place.port
        if places.count == 2 { break }
    }
    let client = HTTPClient(eventLoopGroupProvider: .singleton)
    let bodies = [true, false].map { isBare in
        FileAnswers(client: client, port: places[isBare] ?? 0, token: token, parameters: parameters, size: answer.count)
            .body(isBare ? "a bare route" : "info")
    }
    let series = try await interleave(bodies, repeats: bench.repeats)
    results.figures.append(
        Figure("info over HTTP, 32 clients; bound a bare route", series[1], against: series[0], .shareAtLeast(0.6))
    )
    try await client.shutdown()
    for task in serving { task.cancel() }
    for task in serving { _ = await task.result }
    await store.close()
}

private struct FileAnswers: Sendable {
    let client: HTTPClient
    let port: Int
    let token: String
    let parameters: String
    let size: Int

    private static let clients = 32
    private static let requests = 3_200

    func body(_ name: String) -> Body {
        Body(name: name, operations: FileAnswers.requests) { _ in
            try await inTasks(FileAnswers.clients) { _ in
                for _ in 0..<FileAnswers.requests / FileAnswers.clients { try await ask() }
                return FileAnswers.requests / FileAnswers.clients
            }
        }
    }

    private func ask() async throws {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/files/info")
        request.method = .POST
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        request.body = .bytes(ByteBuffer(string: parameters))
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok, body.readableBytes == size else {
            throw WrongAnswer(answer: "\(response.status): \(String(buffer: body))")
        }
    }
}
