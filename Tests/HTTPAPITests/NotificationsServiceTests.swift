#if HTTP
import AsyncHTTPClient
import Files
import HTTPAPI
import JSONFormat
import NIOCore
import Testing

/// What buckets tell, as they tell it.
@Suite struct NotificationsServiceTests {
    private static let path = "/notifications/bucket"

    private func told(_ name: String, bucket: String = "local") -> HTTPClientRequest.Body {
        let record =
            #"{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"\#(bucket)"},"object":{"key":"\#(name)"}}}"#
        return .bytes(ByteBuffer(string: #"{"Records":[\#(record)]}"#))
    }

    /// How many parts of an upload have come, as far as the service knows.
    private func uploaded(_ upload: String, _ files: ServedFiles) async throws -> Int? {
        try await files.answer("info", #"{"filename":"\#(upload)"}"#)["file"]?["uploaded"]?.integer
    }

    @Test func anUploadIsFinishedByItsBucket() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            let token = ServedFiles.notificationToken
            // Nothing is believed that is not there.
            #expect(try await files.server.send("POST", Self.path, token: token, body: told(begun.part)).status == 204)
            #expect(try await uploaded(begun.id, files) == 0)
            #expect(try await files.put(begun.place).status == 201)
            #expect(try await files.server.send("POST", Self.path, token: token, body: told(begun.part)).status == 204)
            #expect(try await uploaded(begun.id, files) == 1)
            // What it says again, and of what is not the service's, is passed over.
            #expect(try await files.server.send("POST", Self.path, token: token, body: told(begun.part)).status == 204)
            #expect(try await files.server.send("POST", Self.path, token: token, body: told("x/y")).status == 204)
        }
    }

    @Test func strangersTellNothing() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            #expect(try await files.put(begun.place).status == 201)
            for token in [nil, ServedFiles.ann, ServedFiles.system] {
                let reply = try await files.server.send("POST", Self.path, token: token, body: told(begun.part))
                #expect(reply.status == 401, "\(token ?? "none")")
            }
            #expect(try await uploaded(begun.id, files) == 0)
            let unread = HTTPClientRequest.Body.bytes(ByteBuffer(string: "{}"))
            let reply = try await files.server.send(
                "POST",
                Self.path,
                token: ServedFiles.notificationToken,
                body: unread
            )
            #expect(reply.status == 400)
            // Who has no keys can't know who pushes.
            let push = try await files.server.send("POST", "/notifications/google-push", token: nil, body: unread)
            #expect(push.status == 503)
        }
    }

    @Test func aChannelShowsItsTokenInAHeaderOfItsOwn() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            #expect(try await files.put(begun.place).status == 201)
            let told = #"{"kind":"storage#object","bucket":"local","name":"\#(begun.part)"}"#
            let headers = [
                ("x-goog-resource-state", "exists"), ("x-goog-channel-token", ServedFiles.notificationToken),
            ]
            for (sent, status) in [(Array(headers.prefix(1)), 401), (headers, 204)] {
                let reply = try await files.server.send(
                    "POST",
                    "/notifications/google-channel",
                    token: nil,
                    headers: sent,
                    body: .bytes(ByteBuffer(string: told))
                )
                #expect(reply.status == status)
            }
            #expect(try await uploaded(begun.id, files) == 1)
        }
    }
}
#endif
