#if PostgreSQL
import Dispatch
import KeyValue
import Synchronization
import TestServers
import TestSupport
import Testing

@testable import PostgreSQLStore

/// What the store makes of bad connections and of a server that is killed: the right error, never a wrong success, and
/// recovery by itself.
@Suite(.timeLimit(.minutes(5))) struct WeatherTests {
    private func open(
        _ port: Int,
        _ database: String = "postgres",
        timeout: Duration = .milliseconds(700)
    ) async throws -> PostgreSQLStore {
        // The time that is given to calls which are to fail is short for one that is to succeed on a busy machine.
        try await Patience.untilRecovered {
            try await PostgreSQLStore.open(
                ["host": "127.0.0.1", "port": "\(port)", "user": "postgres", "dbname": database],
                configuration: PostgreSQLConfiguration(timeout: timeout)
            )
        }
    }

    /// Asks until the store has found its way back.
    private func recovered(_ store: PostgreSQLStore) async throws {
        try await Patience.untilRecovered {
            _ = try await store.get(Key("any", "key"))
            try await store.clearMarks([store.environment.makeMarkID()], in: PostgreSQLStore.bin)
        }
    }

    @Test(arguments: [Weather.loseReplies(afterRequestBytes: 1), .oneWay])
    func aWriteWhoseReplyIsLostMayHaveHappened(_ weather: Weather) async throws {
        let server = try await PostgreSQLServer.shared()
        let proxy = try FaultProxy.start(to: server.port)
        let name = try server.makeNamedDatabase()
        let (store, direct) = (try await open(proxy.port, name), try await open(server.port, name))
        try await Patience.untilRecovered { try await store.put([0], at: Key("p", "before")) }
        try proxy.set(weather)
        #expect(await failureCode { try await store.put([1], at: Key("p", "k"), if: .vacant) } == .outcomeUnknown)
        // Where replies vanish, the server has been asked and may still be at it; to reset its connection now could lose
        // the question. Where the first reply cuts the connection, that may have lost the rest of the question already.
        if weather == .oneWay {
            try await Patience.until {
                try await Patience.untilRecovered { try await direct.get(Key("p", "k")) }?.value == [1]
            }
        }
        try proxy.set(.pass)
        try await recovered(store)

        // Sent again, a conditional write finds that it was done by its first attempt. It rests before it tries again.
        try proxy.set(weather)
        var environment = StoreEnvironment.live
        environment.sleep = { _ in try proxy.set(.pass) }
        let retrying = RetryingStore(store, environment: environment)
        let revision = try await retrying.put([2], at: Key("p", "second"), if: .vacant)
        let second = try await Patience.untilRecovered { try await store.get(Key("p", "second")) }
        #expect(second?.revision == revision)
        await store.close()
        await direct.close()
    }

    @Test(arguments: [Weather.loseReplies(afterRequestBytes: 20_000), .oneWay])
    func aLoadWhoseReplyIsLostMayHaveHappened(_ weather: Weather) async throws {
        let server = try await PostgreSQLServer.shared()
        let proxy = try FaultProxy.start(to: server.port)
        let store = try await open(proxy.port, server.makeNamedDatabase())
        let batches = (0..<500).map { number in
            WriteBatch([.init(.put([UInt8](repeating: 1, count: 300)), at: Key("p", "\(number)"), if: .vacant)])
        }
        try await Patience.untilRecovered { try await store.put([0], at: Key("q", "before")) }
        try proxy.set(weather)
        for result in await store.write(each: batches) {
            #expect(throws: StoreError.self) { try result.get() }
            if case .failure(let error) = result { #expect(error.code == .outcomeUnknown) }
        }
        try proxy.set(.pass)
        try await recovered(store)
        let count = try await Patience.untilRecovered { try await store.count(.partition([0x70])) }
        #expect(count.value == 0 || count.value == 500)
        await store.close()
    }

    @Test(arguments: [Weather.blackhole, .garbage])
    func nothingIsTakenForAnAnswer(_ weather: Weather) async throws {
        let server = try await PostgreSQLServer.shared()
        let proxy = try FaultProxy.start(to: server.port)
        let store = try await open(proxy.port, server.makeNamedDatabase())
        try await Patience.untilRecovered { try await store.put([0], at: Key("p", "k")) }
        try proxy.set(weather)
        let read = await failureCode { _ = try await store.get(Key("p", "k")) }
        #expect(read == .timedOut || read == .unavailable)
        try proxy.set(.pass)
        try await recovered(store)
        try proxy.set(weather)
        #expect(await failureCode { try await store.put([1], at: Key("p", "k")) } == .outcomeUnknown)
        try proxy.set(.pass)
        try await recovered(store)
        await store.close()
    }

    @Test func aPageThatIsCutIsReadAgain() async throws {
        let server = try await PostgreSQLServer.shared()
        let pieces = Mutex(0)
        let gate = DispatchSemaphore(value: 0)
        let proxy = try FaultProxy.start(to: server.port) { _ in
            let count = pieces.withLock { pieces in
                pieces += 1
                return pieces
            }
            if count == 6 { gate.wait() }
        }
        // A busy machine has to come as far as the cut in time.
        let store = try await open(proxy.port, server.makeNamedDatabase(), timeout: .seconds(20))
        let value = [UInt8](repeating: 5, count: 1_000)
        _ = try await store.write(WriteBatch((0..<500).map { .init(.put(value), at: Key("p", "\($0)")) }))
        // The proxy stops in the middle of the page until the connection is cut.
        try proxy.set(.slow(bytesPerSecond: 2_000_000, delay: .zero))
        async let page = store.scan(.all(), ScanOptions(limit: 500, bytesMax: 1 << 20), after: nil)
        try await Patience.until { pieces.withLock { $0 } >= 6 }
        try proxy.set(.cut)
        gate.signal()
        let rows = try await page
        #expect(rows.count == 500)
        #expect(rows.allSatisfy { $0.value.elementsEqual(value) })
        await store.close()
    }

    /// Eight writers in a storm: what was acknowledged is there, and what failed is not, unless its outcome is unknown.
    @Test func aStormLosesNothingThatWasAcknowledged() async throws {
        let server = try await PostgreSQLServer.start(durable: true)
        let proxy = try FaultProxy.start(to: server.port)
        let store = try await open(proxy.port)
        let outcomes = WriteOutcomes()
        try await Storm.pass(over: proxy, workers: 8) { writer, number in
            let name = "\(writer)-\(number)"
            outcomes.note(await failureCode { try await store.put([1], at: Key("p", name), if: .vacant) }, of: name)
        } thereafter: { storm in
            server.pause()
            try await storm.expectProgress()
            server.resume()
            try await storm.expectProgress()
            server.kill()
            try await storm.expectProgress()
            try server.restart()
            try await storm.expectProgress()
        }
        try await recovered(store)
        await store.close()
        let there = try server.psql("SELECT convert_from(k, 'UTF8') FROM wherehouse.entries")
        #expect(outcomes.problems(ifThere: Set(there.split(separator: "\n").map(String.init))) == [])
        server.stop()
    }

    @Test func aFullDiskIsSaidAndMayBeMended() async throws {
        let server = try await PostgreSQLServer.start()
        let store = try await PostgreSQLDriver().open(StoreLocation(server.url(of: "postgres")), environment: .live)
        try await store.put([1], at: Key("p", "k"))
        // Files of the log have 16 MiB; half a page more has the server find a page written in part, as on a full disk.
        try server.limitFiles(to: 16 << 20 + 4_096)
        let value = [UInt8](repeating: 3, count: 200_000)
        var failure: StoreError?
        for number in 0..<200 where failure == nil {
            do throws(StoreError) {
                try await store.put(value, at: Key("large", "\(number)"))
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .full)
        let load = await store.write(
            each: (0..<130).map { WriteBatch([.init(.put(value), at: Key("load", "\($0)"), if: .vacant)]) }
        )
        for result in load {
            if case .failure(let error) = result { #expect(error.code == .full) }
        }
        let entry = try await store.get(Key("p", "k"))
        #expect(entry?.value == [1])
        try server.limitFiles(to: nil)
        try await store.put([2], at: Key("p", "k"))
        try await store.put(value, at: Key("large", "more"))
        await store.close()
        server.stop()
    }
}
#endif
