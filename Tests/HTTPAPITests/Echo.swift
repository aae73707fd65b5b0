#if HTTP
import Foundation
import HTTPAPI
import Hummingbird
import KeyValue

/// A service that says back what it was sent, or fails as its path asks for.
struct Echo: HTTPService {
    let path = "/v1/echo"
    var limits = RequestLimits()
    var hindrance: String?
    var gate: Gate?

    private struct Reply: Encodable {
        let name: String
        let body: String
        let caller: String
    }

    private struct Unknown: Error {
        let text = "a secret of ours"
    }

    func addRoutes(to routes: RouterGroup<ServiceContext>) {
        routes.post(":name") { [gate] request, context in
            let name = try context.parameters.require("name").removingPercentEncoding ?? ""
            switch name {
            case "store-error": throw StoreError(.locked, "Somebody holds it: wait.")
            case "throttled": throw StoreError(.throttled, "Too much: send less.", retryAfter: .milliseconds(1_500))
            case "problem": throw Problem(.init(code: 418), code: "teapot", "It makes tea: ask for tea.")
            case "unknown": throw Unknown()
            case "for-ever":
                await Signal().wait()
                throw CancellationError()
            case "gate":
                gate?.arrived.give()
                await gate?.opened.wait()
            default: break
            }
            let body = try await request.body.collect(upTo: 1 << 20)
            return try Response(json: Reply(name: name, body: String(buffer: body), caller: context.caller))
        }
    }

    func hindrance() async -> String? { hindrance }
}

/// Where a request waits until the test lets it go on.
struct Gate: Sendable {
    let arrived = Signal()
    let opened = Signal()
}

/// Given once, and waited for by one.
struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func give() { continuation.finish() }

    func wait() async { for await _ in stream {} }
}
#endif
