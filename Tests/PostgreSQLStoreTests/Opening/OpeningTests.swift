#if PostgreSQL
import KeyValue
import PostgreSQLStore
import TestServers
import TestSupport
import Testing

@Suite struct OpeningTests {
    private func name(of url: String) throws -> String {
        try #require(url.split(separator: "/").last.map { String($0) })
    }

    @Test func makesNoStoreUnlessAllowed() async throws {
        let server = try await PostgreSQLServer.shared()
        let url = try await server.makeDatabase()
        #expect(await failureCode { _ = try await open(url, creating: false) } == .invalidArgument)
        let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'wherehouse'"
        #expect(try server.psql(schemas, database: try name(of: url)) == "0\n")
    }

    @Test func manyCanMakeItAtOnce() async throws {
        let url = try await PostgreSQLServer.shared().makeDatabase()
        try await withThrowingTaskGroup { group in
            for number in 0..<6 {
                group.addTask {
                    let store = try await open(url + "?schema=odd%20%22name")
                    try await store.put([UInt8(number)], at: Key("p", "\(number)"))
                    await store.close()
                }
            }
            try await group.waitForAll()
        }
        let store = try await open(url + "?schema=odd%20%22name", creating: false)
        let count = try await store.count(.all())
        #expect(count == Measurement(6, .exact))
        let other = try await open(url)
        let none = try await other.count(.all())
        #expect(none.value == 0)
        await store.close()
        await other.close()
    }

    @Test func refusesANewerFormat() async throws {
        let server = try await PostgreSQLServer.shared()
        let url = try await server.makeDatabase()
        let store = try await open(url)
        await store.close()
        try server.psql("UPDATE wherehouse.format SET format = 2", database: try name(of: url))
        #expect(await failureCode { _ = try await open(url) } == .newerFormat)
    }

    @Test func aStandbyIsReadAndTakesNoWrites() async throws {
        let server = try await PostgreSQLServer.start(durable: true)
        let store = try await open(server.url(of: "postgres"))
        #expect(store.capabilities.durability == .powerLoss)
        try await store.put([1], at: Key("p", "k"))
        let replica = try await server.startReplica()
        let standby = try await open(replica.url(of: "postgres"))
        let entry = try await standby.get(Key("p", "k"))
        #expect(entry?.value == [1])
        #expect(await failureCode { try await standby.put([2], at: Key("p", "k")) } == .readOnly)
        let status = try await standby.status()
        #expect(status.warnings.contains { $0.contains("takes no writes") })
        await standby.close()
        await store.close()
        replica.stop()
        server.stop()
    }

    @Test func aWrongPasswordIsSaidAndNotShown() async throws {
        let server = try await PostgreSQLServer.start(password: "right")
        let url = "postgres://postgres:wrong-secret@127.0.0.1:\(server.port)/postgres"
        do {
            _ = try await open(url)
            Issue.record("opened")
        } catch {
            #expect(error.code == .permissionDenied)
            #expect(!"\(error)".contains("wrong-secret"))
        }
        server.stop()
    }
}
#endif
