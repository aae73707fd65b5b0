#if PostgreSQL
import KeyValue
import TestServers
import TestSupport
import Testing

@testable import PostgreSQLStore

@Suite struct FailureTests {
    @Test func goesOnAfterTheServerWasKilled() async throws {
        let server = try await PostgreSQLServer.start(durable: true)
        let store = try await open(server.url(of: "postgres"))
        try await store.put([1], at: Key("p", "k"))
        let snapshot = try await store.snapshot()
        server.kill()
        let failure = await failureCode { _ = try await store.get(Key("p", "k")) }
        #expect(failure == .unavailable)
        try server.restart()
        // The next attempt to connect comes after a while.
        var entry: Entry?
        while entry == nil {
            do throws(StoreError) {
                entry = try await store.get(Key("p", "k"))
            } catch {
                #expect(error.code == .unavailable)
                await Task.yield()
            }
        }
        #expect(entry?.value == [1])
        try await store.put([2], at: Key("p", "k"))
        let lost = await failureCode { _ = try await snapshot.scan(.all(), ScanOptions(), after: nil) }
        #expect(lost == .unavailable)
        await snapshot.close()
        await store.close()
        server.stop()
    }

    @Test func aServerThatHangsIsNotWaitedForForEver() async throws {
        let server = try await PostgreSQLServer.start()
        let store = try await Patience.untilRecovered { try await open(server.url(of: "postgres") + "?timeout=1") }
        try await Patience.untilRecovered { try await store.put([1], at: Key("p", "k")) }
        server.pause()
        let read = await failureCode { _ = try await store.get(Key("p", "k")) }
        let write = await failureCode { try await store.put([2], at: Key("p", "k")) }
        server.resume()
        #expect(read == .timedOut)
        #expect(write == .outcomeUnknown)
        await store.close()
        server.stop()
    }

    @Test func aConnectionThatIsCutIsMadeAgain() async throws {
        let server = try await PostgreSQLServer.shared()
        let url = try await server.makeDatabase()
        let store = try await open(url)
        try await store.put([1], at: Key("p", "k"))
        let name = try #require(url.split(separator: "/").last)
        try server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
        let entry = try await store.get(Key("p", "k"))
        #expect(entry?.value == [1])
        await store.close()
    }

    @Test func aLockOfAnotherTransactionEndsInLocked() async throws {
        let server = try await PostgreSQLServer.shared()
        let url = try await server.makeDatabase()
        let store = try await open(url + "?timeout=2")
        try await store.put([1], at: Key("p", "k"))
        let other = try PostgreSQLStore.connect(
            DatabaseURL(StoreLocation(url)).parameters,
            configuration: PostgreSQLConfiguration(),
            environment: .live
        )
        let lease = other.lease()
        _ = try await other.read([Query("BEGIN"), Query("SELECT FROM wherehouse.entries FOR UPDATE")], on: lease)
        #expect(await failureCode { try await store.put([2], at: Key("p", "k")) } == .locked)
        other.release(lease)
        await other.close()
        await store.close()
    }

    @Test func readsThatShareASegmentDoNotShareAFailure() async throws {
        let url = try await PostgreSQLServer.shared().makeDatabase()
        let connection = try PostgreSQLStore.connect(
            DatabaseURL(StoreLocation(url)).parameters,
            configuration: PostgreSQLConfiguration(),
            environment: .live
        )
        let outcomes = await withTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    let divisor = number % 10 == 0 ? 0 : 1
                    do throws(StoreError) {
                        let query = Query("SELECT $1 / \(divisor)") { $0.append(Int64(number)) }
                        return try await connection.read(query).integer(0, 0) == Int64(number)
                    } catch {
                        return number % 10 == 0 && error.metadata["sqlstate"] == "22012"
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 100)
        #expect(outcomes.allSatisfy { $0 })
        await connection.close()
    }

    @Test(arguments: [
        ("53300", StoreError.Code.throttled), ("53100", .full), ("25006", .readOnly), ("28P01", .permissionDenied),
        ("42501", .permissionDenied), ("55P03", .locked), ("40P01", .locked), ("57P01", .unavailable),
        ("57014", .timedOut), ("XX001", .corrupted),
    ])
    func theServersCodesAreSaidAsTheContractHasThem(_ state: String, _ code: StoreError.Code) {
        let failure = QueryFailure.refused(ServerMessage(code: state, text: ""))
        #expect(failure.storeError(changes: true).code == code)
    }
}
#endif
