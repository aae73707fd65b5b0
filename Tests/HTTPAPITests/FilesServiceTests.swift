#if HTTP
import Files
import HTTPAPI
import JSONFormat
import NIOCore
import Testing

/// The files service as clients have it.
@Suite struct FilesServiceTests {
    @Test func aFileIsSentListedAndFetched() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin(#""name":"n","tags":["T"]"#)
            let finish = #"{"filename":"\#(begun.part)","await":true}"#
            #expect(try await files.answer("finish", finish)["message"]?.text == "404: could not find upload")
            #expect(try await files.put(begun.place).status == 201)
            let strangers = try await files.answer("finish", finish, token: ServedFiles.eve)
            #expect(strangers["message"]?.text == "404: could not find upload")
            #expect(try await files.answer("finish", finish)["status"]?.text == "3")
            let again = try await files.answer("finish", finish)
            #expect(again["message"]?.text == "412: upload was already processed")

            let list = try await files.answer("list", #"{"owner":"ann","tags":["t"]}"#)
            #expect(list["files"]?.items?.map { $0["uploadId"]?.text } == [begun.id])
            let download = try await files.answer("download", #"{"uploadId":"\#(begun.id)"}"#)
            let place = try files.path(try #require(download["urls"]?.items?.first?.text))
            let fetched = try await files.server.send("GET", place, token: nil)
            #expect(fetched.status == 200 && fetched.body == "what is kept")
            #expect(try await files.answer("remove", #"{"filename":"\#(begun.id)"}"#) == .bool(true))
            #expect(try await files.server.send("GET", place, token: nil).status == 404)
            #expect(try await files.ask("info", #"{"filename":"\#(begun.id)"}"#).status == 404)
        }
    }

    @Test func partsThatAreMissingAreTold() async throws {
        try await ServedFiles.run { files in
            let parts = "\(ServedFiles.part()),\(ServedFiles.part(Array("more".utf8)))"
            let begun = try await files.answer("upload", #"{"meta":{"name":"n"},"files":[\#(parts)]}"#)
            let first = try #require(begun["files"]?.items?.first)
            let place = try files.path(try #require(first["location"]?.text))
            #expect(try await files.put(place).status == 201)
            let name = try #require(first["filename"]?.text)
            let reply = try await files.ask("finish", #"{"filename":"\#(name)"}"#)
            #expect(reply.status == 202 && reply.body == #"{"message":"1/2 uploaded"}"#)
        }
    }

    @Test func onlyTheVersionThatIsMeantIsChanged() async throws {
        try await ServedFiles.run { files in
            let begun = try await files.begin()
            let tags = #"{"uploadId":"\#(begun.id)","tags":["a"]}"#
            func add(_ version: String) async throws -> RunningServer.Reply {
                try await files.ask("tag.add", tags, headers: [("if-match", version)])
            }
            let first = try await add(begun.version)
            #expect(first.status == 200 && first.body == "true")
            let second = try await add(begun.version)
            #expect(second.status == 412)
            #expect(try second.field("code") == "versionMismatch")
            let now = try #require(first.headers["etag"])
            let known = try await files.ask("info", #"{"filename":"\#(begun.id)"}"#)
            #expect(known.headers["etag"] == now)
            #expect(try await add(now).status == 200)
            #expect(try await add("*").status == 200)
            #expect(try await add(#""nothing""#).status == 412)
            for version in ["W/\(now)", "\(now), \(now)", "x", "\"\""] {
                #expect(try await add(version).status == 400, "\(version)")
            }
            #expect(try await files.ask("list", "{}", headers: [("if-match", now)]).status == 400)
        }
    }

    @Test func refusalsNameTheFieldAndTheRemedy() async throws {
        try await ServedFiles.run { files in
            let bad = #"{"meta":{"name":"","tags":["a","b,c"]},"files":[{"type":"image"}]}"#
            let reply = try await files.ask("upload", bad)
            #expect(reply.status == 400)
            #expect(reply.headers["content-type"] == "application/problem+json")
            #expect(try reply.field("code") == "invalidParameters")
            let errors = try #require(JSON(parsing: Array(reply.body.utf8)))["errors"]?.items ?? []
            let fields = Set(errors.compactMap { $0["field"]?.text })
            #expect(fields.isSuperset(of: ["meta/name", "meta/tags/1"]), "\(fields)")
            #expect(errors.allSatisfy { $0["detail"]?.text?.isEmpty == false })

            #expect(try await files.ask("report", #"{"x":1}"#).status == 417)
            #expect(try await files.ask("report", "{").status == 400)
            #expect(try await files.ask("report", "").status == 200)
            #expect(try await files.ask("nothing", "{}").status == 404)
            #expect(try await files.ask("tag.access", "{}").status == 400)
            #expect(try await files.server.send("GET", "/files/list", token: ServedFiles.ann).status == 404)
            let large = String(repeating: " ", count: 1 << 20) + "{}"
            #expect(try await files.ask("list", large).status == 413)
        }
    }

    @Test func tokensSayWhoAsks() async throws {
        try await ServedFiles.run { files in
            let hidden = try await files.make()
            let open = try await files.make(more: #","access":{"setPublic":true}"#)
            #expect(try await files.ask("list", "{}", token: nil).status == 401)
            #expect(try await files.ask("list", "{}", token: ServedFiles.other).status == 403)
            #expect(try await files.server.send("GET", "/metrics", token: ServedFiles.other).status == 200)
            for (token, ids) in [
                (ServedFiles.nobody, [open.id]), (ServedFiles.eve, [open.id]),
                (ServedFiles.ann, [hidden.id, open.id]), (ServedFiles.system, [hidden.id, open.id]),
            ] {
                let list = try await files.answer("list", #"{"owner":"ann"}"#, token: token)
                #expect(Set((list["files"]?.items ?? []).compactMap { $0["uploadId"]?.text }) == Set(ids))
            }
            let name = #"{"filename":"\#(hidden.id)","username":"ann"}"#
            #expect(try await files.ask("info", name, token: ServedFiles.eve).status == 403)
            #expect(try await files.ask("info", name, token: ServedFiles.nobody).status == 401)
            #expect(try await files.ask("info", name, token: ServedFiles.system).status == 200)
            #expect(try await files.ask("sync", "{}", token: ServedFiles.ann).status == 403)
            #expect(try await files.ask("sync", "{}", token: ServedFiles.system).status == 200)
            let seen = files.server.log.all.joined()
            for token in [ServedFiles.ann, ServedFiles.eve, ServedFiles.system] { #expect(!seen.contains(token)) }
        }
    }
}
#endif
