#if HTTP
import HTTPAPI
import JSONFormat
import KeyValue
import Testing

/// Requests that come again.
@Suite struct IdempotencyTests {
    private func ask(
        _ files: ServedFiles,
        _ action: String,
        _ parameters: String,
        key: String,
        token: String = ServedFiles.ann
    ) async throws -> RunningServer.Reply {
        try await files.ask(action, parameters, token: token, headers: [("idempotency-key", key)])
    }

    private static let upload = #"{"meta":{"name":"n"},"files":[\#(ServedFiles.part())]}"#

    private func count(_ files: ServedFiles, token: String = ServedFiles.ann) async throws -> Int? {
        let list = try await files.answer("list", #"{"temp":true}"#, token: token)
        return list["total"]?.integer
    }

    @Test func theSameRequestIsDoneOnce() async throws {
        try await ServedFiles.run { files in
            let first = try await ask(files, "upload", IdempotencyTests.upload, key: "k")
            #expect(first.status == 200)
            #expect(first.headers["idempotency-replayed"] == nil)
            for _ in 0..<3 {
                let again = try await ask(files, "upload", IdempotencyTests.upload, key: "k")
                #expect(again.status == 200 && again.body == first.body)
                #expect(again.headers["etag"] == first.headers["etag"])
                #expect(again.headers["idempotency-replayed"] == "true")
            }
            #expect(try await count(files) == 1)
            // Another key, and the same of somebody else, are others.
            #expect(try await ask(files, "upload", IdempotencyTests.upload, key: "l").body != first.body)
            let eves = try await ask(files, "upload", IdempotencyTests.upload, key: "k", token: ServedFiles.eve)
            #expect(eves.status == 200 && eves.body.contains(#""owner":"eve""#))
            #expect(try await count(files) == 2)
        }
    }

    @Test func atTheSameTimeItIsDoneOnceToo() async throws {
        try await ServedFiles.run { files in
            let replies = try await withThrowingTaskGroup(of: RunningServer.Reply.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await ask(files, "upload", IdempotencyTests.upload, key: "k") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.allSatisfy { $0.status == 200 || $0.status == 409 })
            #expect(replies.contains { $0.status == 200 })
            #expect(try await count(files) == 1)
        }
    }

    @Test func aKeyIsOfOneRequest() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            let tag = #"{"uploadId":"\#(begun.id)","tags":["a"]}"#
            #expect(try await ask(files, "tag.add", tag, key: "k").status == 200)
            for (action, body) in [("tag.add", tag.replacing("\"a\"", with: "\"b\"")), ("remove", tag)] {
                let other = try await ask(files, action, body, key: "k")
                #expect(other.status == 422)
                #expect(try other.field("code") == "keyReused")
            }
            let version = ("if-match", begun.version)
            let conditional = try await files.ask("tag.add", tag, headers: [version, ("idempotency-key", "k")])
            #expect(conditional.status == 422)
            for key in ["", String(repeating: "k", count: 256)] {
                #expect(try await ask(files, "tag.add", tag, key: key).status == 400)
            }
            // Reading asks for no memory.
            for body in ["{}", #"{"limit":1}"#] { #expect(try await ask(files, "list", body, key: "k").status == 200) }
        }
    }

    @Test func whatWasRefusedMayBeTriedAgain() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            let access = #"{"uploadId":"\#(begun.id)","setPublic":true}"#
            #expect(try await ask(files, "access", access, key: "k").status == 412)
            _ = try await files.put(begun.place)
            _ = try await files.answer("finish", #"{"filename":"\#(begun.part)","await":true}"#)
            #expect(try await ask(files, "access", access, key: "k").status == 200)
        }
    }

    @Test func answersAreKeptForATimeAndAreBounded() async throws {
        try await ServedFiles.run { files in
            let first = try await ask(files, "upload", IdempotencyTests.upload, key: "0")
            for number in 1..<50 {
                #expect(try await ask(files, "tag.add", #"{"uploadId":"x"}"#, key: "r\(number)").status == 400)
                #expect(try await ask(files, "upload", IdempotencyTests.upload, key: "\(number)").status == 200)
            }
            let full = try await ask(files, "upload", IdempotencyTests.upload, key: "50")
            #expect(full.status == 503)
            #expect(try full.field("code") == "tooManyKeys")
            #expect(try await files.answers.removeExpired() == 0)
            files.clock.advance(by: .seconds(86_399))
            #expect(try await ask(files, "upload", IdempotencyTests.upload, key: "0").body == first.body)
            files.clock.advance(by: .seconds(1))
            #expect(try await files.answers.removeExpired() == 50)
            let later = try await ask(files, "upload", IdempotencyTests.upload, key: "0")
            #expect(later.status == 200 && later.body != first.body)
        }
    }

    @Test func nobodyKnowsWhatBecameOfARequestWhoseServerDied() async throws {
        try await ServedFiles.run { files in
            #expect(try await ask(files, "upload", IdempotencyTests.upload, key: "k").status == 200)
            // As the store is when the server was killed before it could keep the answer.
            let page = try await files.store.scan(.all(), ScanOptions(limit: 1_000), after: nil)
            let row = try #require(page.first { String(decoding: $0.partition, as: UTF8.self).hasPrefix("http/") })
            var kept = try #require(JSON(parsing: Array(row.value))?.members)
            kept.removeAll { $0.name == "answer" }
            try await files.store.put(JSON.object(kept).encoded, at: row.key)
            let waiting = try await ask(files, "upload", IdempotencyTests.upload, key: "k")
            #expect(waiting.status == 409 && waiting.headers["retry-after"] == "1")
            #expect(try waiting.field("code") == "underWay")
            files.clock.advance(by: .seconds(120))
            let unknown = try await ask(files, "upload", IdempotencyTests.upload, key: "k")
            #expect(unknown.status == 409)
            #expect(try unknown.field("code") == "outcomeUnknown")
            #expect(try await count(files) == 1)
        }
    }
}
#endif
