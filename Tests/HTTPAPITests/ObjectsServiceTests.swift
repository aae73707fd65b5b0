#if HTTP
import AsyncHTTPClient
import HTTPAPI
import JSONFormat
import NIOCore
import TestSupport
import Testing

/// Bytes that are sent and fetched at signed locations.
@Suite struct ObjectsServiceTests {
    /// The location for fetching an upload's only part.
    private func place(_ files: ServedFiles, _ id: String) async throws -> String {
        let download = try await files.answer("download", #"{"uploadId":"\#(id)"}"#)
        return try files.path(try #require(download["urls"]?.items?.first?.text))
    }

    @Test func partsOfAnObjectAreFetched() async throws {
        try await ServedFiles.run { files in
            let place = try await place(files, files.make().id)
            func get(_ headers: (String, String)..., method: String = "GET") async throws -> RunningServer.Reply {
                try await files.server.send(method, place, token: nil, headers: headers)
            }
            let whole = try await get()
            #expect(whole.status == 200 && whole.body == "what is kept")
            #expect(whole.headers["content-type"] == "text/plain")
            #expect(whole.headers["accept-ranges"] == "bytes")
            #expect(whole.headers["x-content-type-options"] == "nosniff")
            let tag = try #require(whole.headers["etag"])
            for (range, body, told) in [
                ("bytes=5-6", "is", "bytes 5-6/12"), ("bytes=-4", "kept", "bytes 8-11/12"),
                ("bytes=8-", "kept", "bytes 8-11/12"), ("bytes=8-999", "kept", "bytes 8-11/12"),
            ] {
                let part = try await get(("range", range))
                #expect(part.status == 206 && part.body == body, "\(range)")
                #expect(part.headers["content-range"] == told)
            }
            let none = try await get(("range", "bytes=12-"))
            #expect(none.status == 416 && none.headers["content-range"] == "bytes */12")
            #expect(try await get(("range", "bytes=5-6"), ("if-range", "\"other\"")).status == 200)
            #expect(try await get(("range", "bytes=5-6"), ("if-range", tag)).status == 206)
            #expect(try await get(("if-none-match", tag)).status == 304)
            let head = try await get(method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "12")
        }
    }

    @Test func whatIsSentIsWhatWasAnnounced() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            let place = begun.place
            let other = Array("what is lost".utf8)
            #expect(try await files.put(place, other).status == 400)
            #expect(try await files.put(place, Array("what is kep".utf8)).status == 400)
            #expect(try await files.put(place, ServedFiles.bytes + [0]).status == 400)
            #expect(try await files.put(place, type: "text/html").status == 400)
            let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
            for byte in ServedFiles.bytes + ServedFiles.bytes { continuation.yield(ByteBuffer(bytes: [byte])) }
            continuation.finish()
            let long = try await files.server.send(
                "PUT",
                place,
                token: nil,
                headers: [("content-type", "text/plain")],
                body: .stream(stream, length: .unknown)
            )
            #expect(long.status == 400)
            #expect(try await files.server.send("GET", place, token: nil).status == 403)
            // None of them has left anything behind.
            let finish = #"{"filename":"\#(begun.part)"}"#
            #expect(try await files.answer("finish", finish)["message"]?.text == "404: could not find upload")
            #expect(try await files.put(place).status == 201)
            #expect(try await files.answer("finish", finish)["uploadId"]?.text == begun.id)
        }
    }

    @Test func locationsAreGoodForWhatTheySayAlone() async throws {
        try await ServedFiles.run { files in
            let first = try await files.begin()
            let second = try await files.begin()
            let signed = first.place.split(separator: "?", maxSplits: 1)
            let query = try #require(signed.last)
            let wrong = [
                first.place.replacing("expires=1", with: "expires=2"),
                first.place.replacing("length=1", with: "length=2"),
                "/objects/\(second.part)?\(query)", first.place + "&public=1", first.place + "&length=12",
                String(first.place.dropLast()) + "g", first.place.replacing("signature", with: "signatur"),
                "/objects/\(first.part)", "/objects/../metadata.db?\(query)", "/objects/..%2Fsecret?\(query)",
                "/objects//etc/passwd?\(query)", "/objects/?\(query)", "/objects/a/../../secret?\(query)",
                "/objects/.%00?\(query)", "/objects/facts/\(first.part)?\(query)",
            ]
            for place in wrong {
                let status = try await files.put(place).status
                #expect((400...404).contains(status), "\(place): \(status)")
                let fetched = try await files.server.send("GET", place, token: nil).status
                #expect((400...404).contains(fetched), "\(place): \(fetched)")
            }
            #expect(try await files.put(first.place).status == 201)
            // Neither a location for sending nor a token fetches what is private.
            #expect(try await files.server.send("GET", first.place, token: nil).status == 403)
            #expect(try await files.server.send("GET", "/objects/\(first.part)").status == 403)
            #expect(try await files.server.send("DELETE", first.place, token: nil).status == 404)
        }
    }

    @Test func whatIsPublicIsFetchedByEverybody() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.make(more: #","access":{"setPublic":true}"#)
            let plain = "/objects/\(begun.part)"
            #expect(try await place(files, begun.id) == plain)
            #expect(try await files.server.send("GET", plain, token: nil).status == 200)
            _ = try await files.answer("access", #"{"uploadId":"\#(begun.id)","setPublic":false}"#)
            #expect(try await files.server.send("GET", plain, token: nil).status == 403)
        }
    }
}
#endif
