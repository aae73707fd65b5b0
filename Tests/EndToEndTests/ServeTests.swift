#if HTTP
import Crypto
import Foundation
import FoundationNetworking
import Synchronization
import TestServers
import Testing

/// The server as a program, which is started, stopped and killed.
@Suite struct ServeTests {
    private let tool: Tool

    init() throws { tool = try Tool() }

    /// A server that is running, and somebody who talks to it.
    private struct Server {
        let running: Running
        let address: String
        let token: String

        func send(
            _ method: String,
            _ path: String,
            _ body: String = "",
            headers: [String: String] = [:]
        ) async throws -> (status: Int, body: String) {
            let location = path.hasPrefix("http") ? path : address + path
            var request = URLRequest(url: try #require(URL(string: location)))
            request.httpMethod = method
            request.timeoutInterval = 120
            if method != "GET" { request.httpBody = Data(body.utf8) }
            if !path.hasPrefix("http") { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
            for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
            let (data, response) = try await URLSession.shared.data(for: request)
            return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
        }

        func ask(_ action: String, _ parameters: String) async throws -> [String: Any] {
            let (status, body) = try await send("POST", "/files/\(action)", parameters)
            try #require(status == 200, "\(action): \(body)")
            return try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] ?? [:]
        }

        /// Uploads a file of these bytes; where it is fetched.
        func upload(_ text: String) async throws -> String {
            let md5 = Insecure.MD5.hash(data: Data(text.utf8))
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let part = """
                {"type":"arbitrary","contentType":"text/plain","contentLength":\(text.utf8.count),"md5Hash":"\(md5)"}
                """
            let begun = try await ask("upload", #"{"meta":{"name":"\#(text)","tags":["red"]},"files":[\#(part)]}"#)
            let file = try #require((begun["files"] as? [[String: Any]])?.first)
            let location = try #require(file["location"] as? String)
            #expect(location.hasPrefix(address + "/objects/"))
            #expect(try await send("PUT", location, text, headers: ["Content-Type": "text/plain"]).status == 201)
            let name = try #require(file["filename"] as? String)
            let finished = try await ask("finish", #"{"filename":"\#(name)","await":true}"#)
            let id = try #require(begun["uploadId"] as? String)
            if finished["status"] as? String != "3" {
                // Where this client was held up for a minute, the server's own round has found the part.
                #expect(finished["message"] as? String == "412: upload was already processed")
                try await Patience.until {
                    let info = try await ask("info", #"{"filename":"\#(id)"}"#)
                    return (info["file"] as? [String: Any])?["status"] as? String == "3"
                }
            }
            return id
        }

        /// The names of the files that are listed.
        func names() async throws -> Set<String> {
            let list = try await ask("list", #"{"owner":"ann","tags":["red"],"limit":100}"#)
            return Set((list["files"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
        }

        /// The bytes of an upload's only part.
        func bytes(of id: String) async throws -> String {
            let download = try await ask("download", #"{"uploadId":"\#(id)"}"#)
            let (status, body) = try await send("GET", try #require((download["urls"] as? [String])?.first))
            #expect(status == 200)
            return body
        }
    }

    /// The uploads that clients were told are there, by their names.
    private final class Acknowledged: Sendable {
        private let state = Mutex<[String: String]>([:])

        var ids: [String: String] { state.withLock { $0 } }

        func add(_ name: String, _ id: String) { state.withLock { $0[name] = id } }
    }

    private func start(_ token: String, _ arguments: String...) async throws -> Server {
        let running = try tool.start(["serve", "--listen", "0"] + arguments)
        let address = try await running.url()
        try #require(address.hasPrefix("http://127.0.0.1:"))
        return Server(running: running, address: address, token: token)
    }

    private func issue(_ holder: String, _ arguments: String...) async throws -> String {
        let outcome = try await tool.run(["token", "issue", holder] + arguments)
        #expect(outcome.status == 0, "\(outcome)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    @Test func whatWasAcknowledgedIsThereAfterAStop() async throws {
        let token = try await issue("owner:ann")
        let first = try await start(token)
        var ids: [String: String] = [:]
        for number in 0..<5 { ids["file \(number)"] = try await first.upload("file \(number)") }
        #expect(try await first.names() == Set(ids.keys))
        #expect(try await first.send("GET", "/healthz").status == 200)
        #expect(try await first.send("GET", "/readyz").status == 200)

        // Writers go on until the server stops: what it has acknowledged by then is kept.
        let acknowledged = await withTaskGroup(of: [String]?.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var names: [String] = []
                    while names.count < 10_000 {
                        let name = "writer \(writer) \(names.count)"
                        do {
                            _ = try await first.upload(name)
                            names.append(name)
                        } catch {
                            break
                        }
                    }
                    return names
                }
            }
            group.addTask {
                // Not before all have something to lose.
                do {
                    try await Patience.until { try await first.names().count >= 15 }
                } catch { Issue.record(error) }
                first.running.signal(SIGTERM)
                #expect(await first.running.status() == 0)
                return nil
            }
            var names: Set<String> = []
            for await written in group {
                names.formUnion(written ?? [])
                // Nobody answers any more, and the client's library may wait for long before it says so.
                if written == nil { group.cancelAll() }
            }
            return names
        }
        #expect(acknowledged.count >= 10)

        let second = try await start(token)
        for name in acknowledged.union(ids.keys) {
            let list = try await second.ask("list", #"{"owner":"ann","filter":{"name":{"eq":"\#(name)"}}}"#)
            let found = try #require(list["files"] as? [[String: Any]])
            #expect(found.map { $0["status"] as? String } == ["3"], "\(name)")
        }
        for (name, id) in ids { #expect(try await second.bytes(of: id) == name) }
        second.running.killAtOnce()
        #expect(await second.running.status() == 128 + SIGKILL)

        let third = try await start(token)
        for (name, id) in ids { #expect(try await third.bytes(of: id) == name) }
        third.running.interrupt()
        #expect(await third.running.status() == 0)
    }

    /// What a server's records do.
    enum Move: CaseIterable {
        /// All of them go from one store to another.
        case together
        /// The uploads go to one store, and all else to another.
        case apart
        /// The uploads go from a store of their own to another, and all else stays where it is.
        case alone
    }

    /// A store whose uploads lie in this one.
    private func split(_ uploads: String) -> String {
        let rest = "sqlite:" + tool.directory.appending(path: "rest.db").path
        return "split:?rest=\(rest)&uploads=" + uploads.replacing("%", with: "%25").replacing("&", with: "%26")
    }

    /// The embedded store's uploads go to a PostgreSQL while clients upload, without a restart on the way.
    @Test(arguments: Move.allCases) func recordsMoveWhileFilesAreServed(_ move: Move) async throws {
        let token = try await issue("owner:ann")
        let embedded = "sqlite:" + tool.directory.appending(path: "embedded.db").path
        let first = try await start(token, "--store", move == .alone ? split(embedded) : embedded)
        let oldest = try await first.upload("before")
        let sent = #"{"uploadId":"\#(oldest)","meta":{"name":"renamed"}}"#
        let key = ["Idempotency-Key": "rename"]
        let renamed = try await first.send("POST", "/files/update", sent, headers: key)
        #expect(renamed.status == 200, "\(renamed)")
        first.running.signal(SIGTERM)
        #expect(await first.running.status() == 0)

        let postgres = try await PostgreSQLServer.shared()
        let database = try await postgres.makeDatabase() + "?accept=relaxed"
        let migration = Migrations(
            tool: tool,
            name: "files",
            control: try await postgres.makeDatabase() + "?accept=relaxed",
            source: embedded,
            target: move == .apart ? split(database).replacing("&", with: "%26") : database
        )
        try await migration.run("plan", on: migration.url)
        let server = try await start(token, "--store", move == .alone ? split(migration.url) : migration.url)
        let uploads = Acknowledged()
        let writers = (0..<3).map { writer in
            Task {
                var number = 0
                while !Task.isCancelled {
                    let name = "writer \(writer) \(number)"
                    let id = try await server.upload(name)
                    uploads.add(name, id)
                    number += 1
                }
            }
        }
        func more(_ count: Int) async throws {
            let before = uploads.ids.count
            try await Patience.until { uploads.ids.count >= before + count }
        }
        try await more(2)
        #expect(try await migration.run("start").text("mode") == "captured")
        try await more(2)
        #expect(try await migration.run("watch", "--until", "copied").flag("ready"))
        #expect(try await migration.run("cutover", "--wait").text("mode") == "switched")
        try await more(2)
        #expect(try await migration.run("finalize").flag("over"))
        try await more(2)
        for writer in writers { writer.cancel() }
        // What was under way at the end may be cut off, and nothing else.
        for writer in writers {
            guard case .failure(let error) = await writer.result else { continue }
            #expect(error is CancellationError || error is URLError)
        }
        let expected = uploads.ids
        #expect(try await server.names().isSuperset(of: expected.keys))
        #expect(try await server.names().contains("renamed"))
        server.running.signal(SIGTERM)
        #expect(await server.running.status() == 0)

        // The target has everything by itself, and whoever asks again is answered as before.
        let last = try await start(token, "--store", move == .together ? database : split(database))
        #expect(try await last.names().isSuperset(of: expected.keys))
        for (name, id) in expected { #expect(try await last.bytes(of: id) == name) }
        #expect(try await last.bytes(of: oldest) == "before")
        let again = try await last.send("POST", "/files/update", sent, headers: key)
        #expect(again == renamed)
        last.running.signal(SIGTERM)
        #expect(await last.running.status() == 0)
        #expect(try await tool.output("partitions", database).contains("http/answers/") == (move == .together))
    }

    @Test func tokensAreIssuedListedAndRevoked() async throws {
        let ann = try await issue("owner:ann", "--rights", "read")
        let server = try await start(ann, "--data", "data")
        #expect(try await server.send("POST", "/files/count", "{}").status == 200)
        #expect(try await server.send("POST", "/files/upload", "{}").status == 403)
        #expect(try await server.send("GET", "/metrics").status == 403)
        let system = Server(
            running: server.running,
            address: server.address,
            token: try await issue("service", "--rights", "read,write,operate", "--lifetime", "3600")
        )
        // Known while it runs, without a restart.
        try await Patience.until { try await system.send("GET", "/metrics").status == 200 }
        let listed = try await tool.output("token", "list").split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(
            listed.map { $0.dropFirst().prefix(2).joined(separator: " ") } == [
                "owner:ann read", "service read,write,operate",
            ]
        )
        let id = String(try #require(listed.first?.first))
        #expect(try await tool.run("token", "revoke", id).status == 0)
        try await Patience.until { try await server.send("POST", "/files/count", "{}").status == 401 }
        #expect(try await system.send("GET", "/metrics").status == 200)
        #expect(try await tool.run("token", "revoke", id).status == 1)
        #expect(try await tool.output("token", "list", "--json").contains(#""holder":"service""#))
        let kept = try Data(contentsOf: tool.directory.appending(path: "data/tokens.jsonl"))
        for token in [ann, system.token] { #expect(!String(decoding: kept, as: UTF8.self).contains(token)) }
        let mode =
            try FileManager.default.attributesOfItem(
                atPath: tool.directory.appending(path: "data/tokens.jsonl").path
            )[.posixPermissions] as? Int
        #expect(mode == 0o600)
        server.running.signal(SIGTERM)
        #expect(await server.running.status() == 0)
    }

    @Test func wrongUsageIsToldOf() async throws {
        for arguments in [
            ["serve", "--listen", "somewhere"], ["serve", "--listen", "0.0.0.0:0"], ["serve", "--public-url", "x"],
            ["serve", "--allow-origin", "*"],
            ["token", "issue", "ann"], ["token", "issue", "owner:"], ["token", "issue", "service", "--rights", "all"],
            ["token", "issue", "service", "--lifetime", "0"],
        ] {
            let outcome = try await tool.run(arguments)
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome)")
        }
        // What still lies in a store that was meant to be another part's is told of, rather than lost sight of.
        try await tool.output("put", "sqlite:all.db", "http/answers/0", "key", "value")
        let split = "split:?rest=sqlite:all.db&answers=sqlite:answers.db"
        let forgetful = try await tool.run("serve", "--listen", "0", "--store", split)
        #expect(forgetful.status == 2 && forgetful.error.contains("another part's"), "\(forgetful)")
        let missing = try await tool.run("serve", "--listen", "0", "--token-file", "nowhere")
        #expect(missing.status == 1 && missing.error.contains("nowhere"), "\(missing)")
    }
}
#endif
