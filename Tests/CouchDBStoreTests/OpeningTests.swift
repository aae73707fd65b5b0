#if CouchDB
import CouchDBStore
import KeyValue
import TestServers
import TestSupport
import Testing

@Suite struct OpeningTests {
    private func open(_ url: String, creating: Bool = true) async throws -> any KeyValueStore {
        var location = try StoreLocation(url)
        location.createsStore = creating
        return try await CouchDBDriver().open(location, environment: .live)
    }

    private func code(_ url: String, creating: Bool = true) async -> StoreError.Code? {
        do {
            await (try await open(url, creating: creating)).close()
            return nil
        } catch { return (error as? StoreError)?.code }
    }

    @Test func urlsAreChecked() async {
        for url in [
            "couchdb:", "couchdb://h", "couchdb://h/", "couchdb://h/_users", "couchdb://h/A", "couchdb://a,b/db",
            "couchdb://h/db?login=x", "couchdb://h/db?login=cookie", "couchdb://h/db?ca=x", "couchdb://h/db?x=y",
            "couchdb://h/db?timeout=0", "couchdb://h/db?connections=x", "couchdbs://h/db?ca=none.pem",
        ] { #expect(await code(url) == .invalidArgument, "\(url)") }
    }

    @Test func credentialsAreChecked() async throws {
        let server = try ScriptedCouchDB.start(users: ["u": "p/w"])
        let place = "127.0.0.1:\(server.port)/db"
        for login in ["basic", "cookie"] {
            #expect(await code("couchdb://u:wrong@\(place)?login=\(login)") == .permissionDenied)
            #expect(await code("couchdb://u:p%2Fw@\(place)?login=\(login)") == nil)
        }
        #expect(await code("couchdb://\(place)") == .permissionDenied)
        server.stop()
    }

    @Test func aSessionIsRenewed() async throws {
        let server = try ScriptedCouchDB.start(users: ["u": "p"])
        let store = try await open("couchdb://u:p@127.0.0.1:\(server.port)/db?login=cookie")
        try await store.put([1], at: Key("p", "a"))
        #expect(server.loginCount == 1)
        server.forgetSessions()
        try await store.put([2], at: Key("p", "a"))
        server.forgetSessions()
        #expect(try await store.get(Key("p", "a"))?.value == [2])
        #expect(server.loginCount == 3)
        await store.close()
        server.stop()
    }

    @Test func onlyAStoreIsOpened() async throws {
        let server = try ScriptedCouchDB.start()
        let url = "couchdb://127.0.0.1:\(server.port)"
        #expect(await code("\(url)/db", creating: false) == .invalidArgument)
        #expect(await code("\(url)/db") == nil)
        #expect(await code("\(url)/db", creating: false) == nil)
        try server.graft("{\"_id\":\"wherehouse format\",\"_rev\":\"5-a\",\"format\":2}", into: "db")
        #expect(await code("\(url)/db") == .newerFormat)
        try server.graft("{\"_id\":\"wherehouse format\",\"_rev\":\"6-a\",\"format\":\"x\"}", into: "db")
        #expect(await code("\(url)/db") == .corrupted)
        server.make("other")
        #expect(await code("\(url)/other", creating: false) == .invalidArgument)
        try server.graft("{\"_id\":\"something\",\"_rev\":\"1-a\"}", into: "other")
        #expect(await code("\(url)/other") == .unsupported)
        server.stop()
        #expect(await code("\(url)/db?timeout=1") == .unavailable)
    }

    @Test func othersAreNoCouchDB() async throws {
        for answer in [HTTPExchangeAnswer.reply(.page(200)), .reply(.page(404)), .reply(HTTPExchangeReply(200, "{}"))] {
            let server = try ScriptedHTTPServer.start { _ in answer }
            #expect(await code("couchdb://127.0.0.1:\(server.port)/db") == .unsupported)
        }
        let hanging = try ScriptedHTTPServer.start { _ in .hang }
        #expect(await code("couchdb://127.0.0.1:\(hanging.port)/db?timeout=1") == .timedOut)
    }

    @Test func severalOpenANewDatabaseAtOnce() async throws {
        let server = try ScriptedCouchDB.start()
        let url = "couchdb://127.0.0.1:\(server.port)/db"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await (try await open(url)).close() } }
            try await group.waitForAll()
        }
        server.stop()
    }
}
#endif
