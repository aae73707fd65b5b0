#if HTTP
import AsyncHTTPClient
import Crypto
import Files
import HTTPAPI
import JSONFormat
import KeyValue
import NIOCore
import ObjectStorage
import Records
import Synchronization
import TestSupport
import Testing
import Tuples

/// The files service and the objects of a directory on a real socket, for the time of a test.
struct ServedFiles {
    static let ann = "the-token-of-ann-here"
    static let eve = "the-token-of-eve-here"
    static let system = "the-token-of-the-system"
    static let nobody = "the-token-of-nobody-at-all"
    static let other = "the-token-of-another-service"
    static let notificationToken = "the-token-of-a-bucket"
    static let bytes = Array("what is kept".utf8)
    private static let tokens = """
        owner:ann \(ann)
        owner:eve \(eve)
        service \(system)
        anonymous \(nobody)
        other \(other)
        """
    private static let base = "http://localhost"

    private static let pushWithoutKeys = NotificationsHTTPService.Push(
        PushAuthenticity(account: "bucket@example.org", audience: base),
        keys: { try NotificationKeys(keySet: []) },
        seconds: { 1_700_000_000 }
    )

    let server: RunningServer
    let folder: TemporaryDirectory
    let clock: Clock
    let store: MemoryStore
    let answers: KeptAnswers
    let services: [any HTTPService]

    /// The time by which answers are kept.
    final class Clock: Sendable {
        private let milliseconds = Mutex<UInt64>(1_700_000_000_000)
        var now: UInt64 { milliseconds.withLock { $0 } }
        func advance(by duration: Duration) { milliseconds.withLock { $0 += UInt64(duration / .milliseconds(1)) } }
    }

    static func run(
        options: HTTPServer.Options = HTTPServer.Options(),
        _ body: (ServedFiles) async throws -> Void
    ) async throws {
        let clock = Clock()
        let folder = try TemporaryDirectory()
        let environment = SimulatedTime(seed: 3).environment
        let directory = try ObjectDirectory(
            "\(folder.path)/objects",
            bucket: "local",
            location: "\(base)/objects",
            secret: Array(repeating: 9, count: 32),
            random: environment.random,
            seconds: { 1_700_000_000 }
        )
        let store = MemoryStore(.reference)
        let files = try await FilesService.open(
            store,
            providers: [directory],
            cursorKey: CursorKey(high: 1, low: 2),
            environment: environment,
            wallClock: { Timestamp(milliseconds: 1_700_000_000_000) }
        )
        let answers = KeptAnswers(store, countMax: 50, milliseconds: { clock.now })
        let services: [any HTTPService] = [
            FilesHTTPService(files, keeping: answers), ObjectsHTTPService(directory), DescriptionHTTPService(),
            NotificationsHTTPService(files, token: try WebhookToken(notificationToken), push: pushWithoutKeys),
        ]
        try await RunningServer.run(services, tokens: tokens, options: options) { server in
            let served = ServedFiles(
                server: server,
                folder: folder,
                clock: clock,
                store: store,
                answers: answers,
                services: services
            )
            try await body(served)
        }
    }

    func ask(
        _ action: String,
        _ parameters: String,
        token: String? = ann,
        headers: [(String, String)] = []
    ) async throws -> RunningServer.Reply {
        try await server.send(
            "POST",
            "/files/\(action)",
            token: token,
            headers: headers,
            body: .bytes(ByteBuffer(string: parameters))
        )
    }

    /// What an action answers that is not refused.
    func answer(_ action: String, _ parameters: String, token: String = ann) async throws -> JSON {
        let reply = try await ask(action, parameters, token: token)
        try #require(reply.status == 200, "\(action): \(reply.body)")
        return try #require(JSON(parsing: Array(reply.body.utf8)))
    }

    /// A part of these bytes, as upload describes it.
    static func part(_ bytes: [UInt8] = bytes) -> String {
        let md5 = Insecure.MD5.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return """
            {"type":"arbitrary","contentType":"text/plain","contentLength":\(bytes.count),"md5Hash":"\(md5)"}
            """
    }

    struct Begun {
        let id: String
        let part: String
        /// The path and the query of where the bytes go.
        let place: String
        let version: String
    }

    /// Begins an upload of one part.
    func begin(_ meta: String = #""name":"n""#, more: String = "", token: String = ann) async throws -> Begun {
        let reply = try await ask(
            "upload",
            #"{"meta":{\#(meta)},"files":[\#(ServedFiles.part())]\#(more)}"#,
            token: token
        )
        try #require(reply.status == 200, "\(reply.body)")
        let begun = try #require(JSON(parsing: Array(reply.body.utf8)))
        let file = try #require(begun["files"]?.items?.first)
        return Begun(
            id: try #require(begun["uploadId"]?.text),
            part: try #require(file["filename"]?.text),
            place: try path(#require(file["location"]?.text)),
            version: try #require(reply.headers["etag"])
        )
    }

    /// Sends the bytes of an upload's part.
    func put(_ place: String, _ bytes: [UInt8] = bytes, type: String = "text/plain") async throws -> RunningServer.Reply
    {
        try await server.send(
            "PUT",
            place,
            token: nil,
            headers: [("content-type", type)],
            body: .bytes(ByteBuffer(bytes: bytes))
        )
    }

    /// An upload that has come to its end.
    func make(_ meta: String = #""name":"n""#, more: String = "", token: String = ann) async throws -> Begun {
        let begun = try await begin(meta, more: more, token: token)
        #expect(try await put(begun.place).status == 201)
        let finished = try await answer("finish", #"{"filename":"\#(begun.part)","await":true}"#, token: token)
        #expect(finished["status"]?.text == "3")
        return begun
    }

    /// A location as the server has it, which gets its port only when it listens.
    func path(_ location: String) throws -> String {
        try #require(location.hasPrefix(ServedFiles.base + "/objects/"))
        return String(location.dropFirst(ServedFiles.base.count))
    }
}
#endif
