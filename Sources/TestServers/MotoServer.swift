import Foundation

/// moto, which imitates DynamoDB and S3 in memory, on a free port of the loopback interface. Scripts/install puts it into
/// .build/peers.
///
/// It takes any credentials. It loses writes that are made while a transaction fails, so it is reached through a
/// ``SerialProxy``.
public final class MotoServer: Sendable {
    /// What stands before it.
    public let proxy: SerialProxy
    private let forwarding: SerialProxy.Forwarding
    private let port: Int
    private let directory: ServerDirectory
    private let process: ServerProcess

    private init() throws {
        port = try FreePort.find()
        directory = try ServerDirectory()
        let root = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let program = root.appending(path: ".build/peers/bin/moto_server").path
        process = ServerProcess([program, "-H", "127.0.0.1", "-p", "\(port)"], in: directory.path)
        let listening = port
        try process.start { FreePort.isListening(listening) }
        forwarding = SerialProxy.Forwarding(to: port) { MotoServer.withoutSegments($0) }
        proxy = try SerialProxy(forwarding)
    }

    /// It can't divide a table whose keys are binary into segments: the first is the whole here, and the others are empty.
    private static func withoutSegments(_ request: HTTPExchangeRequest) -> SerialProxy.Adapted {
        guard request.headers["x-amz-target"]?.hasSuffix(".Scan") ?? false else { return .request(request) }
        var body = String(decoding: request.body, as: UTF8.self)
        guard let segment = body.firstRange(of: /"Segment":[0-9]+,"TotalSegments":[0-9]+,/) else {
            return .request(request)
        }
        guard body[segment].hasPrefix("\"Segment\":0,") else {
            return .reply(HTTPExchangeReply(200, "{\"Count\":0,\"Items\":[],\"ScannedCount\":0}"))
        }
        body.removeSubrange(segment)
        return .request(request.with(body: Array(body.utf8)))
    }

    /// Starts one with nothing in it.
    public static func start() async throws -> MotoServer { try await Patience.retrying { try MotoServer() } }

    /// One for all tests of this process that need nothing special of it.
    public static func shared() async throws -> MotoServer { try await theShared.value }

    private static let theShared = Task { try await start() }

    /// Another proxy before it, for a test that puts itself in between.
    public func makeProxy() throws -> SerialProxy { try SerialProxy(forwarding) }

    /// Longer than anything takes on a machine that does much else.
    private static let patience = "timeout=300"

    /// The URL of a store in a table there.
    public func url(ofTable name: String) -> String {
        "dynamodb://key:secret@\(name)?region=us-east-1&\(MotoServer.patience)&endpoint=\(proxy.url)"
    }

    /// The URL of a store in a bucket there, which is made if it is not there.
    public func url(ofBucket name: String, prefix: String = "") throws -> String {
        try makeBucket(name)
        return "s3://key:secret@\(name)/\(prefix)?region=us-east-1&\(MotoServer.patience)&endpoint=\(proxy.url)"
    }

    /// Makes a bucket; nothing where it is there.
    public func makeBucket(_ name: String) throws {
        let request = HTTPExchangeRequest(
            method: "PUT",
            target: "/\(name)",
            headers: ["host": "127.0.0.1:\(port)"],
            body: []
        )
        guard forwarding(request).status == 200 else { throw ServerError("The bucket can't be made.") }
    }

    /// Stops it until ``resume()``: connections stay open, and nothing answers.
    public func pause() { process.pause() }

    /// Goes on after ``pause()``.
    public func resume() { process.signal(SIGCONT) }

    /// Ends it, and what is in it.
    public func kill() {
        proxy.stop()
        process.end(SIGKILL)
    }
}
