#if Redis
import KeyValue
import Synchronization
import TestServers
import TestSupport
import Testing

@testable import RedisStore

/// What became of the writes of a storm.
private struct Tally {
    var acknowledged = 0
    var unknown = 0
    /// By name how many were told that they wrote first.
    var winners: [Int: Int] = [:]
}

/// What the store makes of bad connections and unwilling servers: never a wrong success, nothing acknowledged that is
/// lost, and it comes back by itself.
@Suite(.timeLimit(.minutes(10))) struct StoreWeatherTests {
    private func open(_ port: Int) async throws -> any KeyValueStore {
        let location = try StoreLocation("redis://127.0.0.1:\(port)?timeout=1")
        return try await Patience.untilRecovered { try await RedisDriver().open(location, environment: .live) }
    }

    private func key(_ text: String) -> Key { Key("partition", text) }

    /// The code of the error that a batch ends with; nil when it is acknowledged.
    private func outcome(of batch: WriteBatch, in store: any KeyValueStore) async -> StoreError.Code? {
        await failureCode { _ = try await store.write(batch) }
    }

    private func put(_ value: [UInt8], _ name: String, if precondition: Precondition? = nil) -> WriteBatch {
        WriteBatch([.init(.put(value), at: key(name), if: precondition)])
    }

    /// Reads until the store has found its way back.
    @discardableResult
    private func recovered(_ store: any KeyValueStore, reading name: String = "any") async throws -> Entry? {
        try await Patience.untilRecovered { try await store.get(key(name)) }
    }

    @Test(arguments: [Weather.loseReplies(afterRequestBytes: 1), .oneWay])
    func aLostReplyIsNoSuccess(_ weather: Weather) async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let (store, direct) = (try await open(proxy.port), try await open(server.port))
        try proxy.set(weather)
        #expect(await outcome(of: put([1], "a", if: .vacant), in: store) == .outcomeUnknown)
        let there = try await direct.get(key("a"))
        #expect(there?.value == [1])
        try proxy.set(.pass)
        try await recovered(store)
        // The same again is told from the first.
        #expect(await outcome(of: put([1], "a", if: .vacant), in: store) == .preconditionFailed)
        await store.close()
        await direct.close()
    }

    /// What is sent again finds that it was written before, and by whom.
    @Test func aWriteThatIsSentAgainFindsItsOwn() async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let store = RetryingStore(try await open(proxy.port), policy: RetryPolicy(attemptsMax: 20))
        let first = try #require(try await store.put([1], at: key("a")))
        try proxy.set(.loseReplies(afterRequestBytes: 1))
        async let written = store.put([2], at: key("a"), if: .revision(first))
        let direct = try await open(server.port)
        try await Patience.until { try await direct.get(key("a"))?.value == [2] }
        try proxy.set(.pass)
        let second = try #require(try await written)
        let found = try await store.get(key("a"))
        #expect(found?.value == [2])
        // The revision of the acknowledgement is that of the row.
        let third = await outcome(of: put([3], "a", if: .revision(second)), in: store)
        #expect(third == nil)
        await store.close()
        await direct.close()
    }

    @Test(arguments: [Weather.blackhole, .garbage, .refuse])
    func noAnswerIsNoAnswer(_ weather: Weather) async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let store = try await open(proxy.port)
        try await store.put([1], at: key("a"))
        try proxy.set(weather)
        if weather == .refuse {
            try proxy.set(.cut)
            try proxy.set(.refuse)
        }
        // The first call of each kind may find the connection as it was.
        try await Patience.until {
            do throws(StoreError) {
                _ = try await store.get(key("a"))
                return false
            } catch {
                return error.code == .unavailable || error.code == .timedOut
            }
        }
        let code = await outcome(of: put([2], "a"), in: store)
        #expect(code == .unavailable || code == .timedOut || code == .outcomeUnknown)
        try proxy.set(.pass)
        try await recovered(store)
        #expect(await outcome(of: put([3], "a"), in: store) == nil)
        let value = try await recovered(store, reading: "a")?.value
        #expect(value == [3])
        await store.close()
    }

    /// A line that brings a page in many pieces brings all of it.
    @Test func aSlowLineLosesNothing() async throws {
        let server = try await RedisServer.start()
        let direct = try await open(server.port)
        for number in 0..<40 as Range<UInt8> {
            try await direct.put(Array(repeating: number, count: 500), at: Key(partition: [1], bytes: [number]))
        }
        let proxy = try FaultProxy.start(to: server.port, sleep: { _ in })
        try proxy.set(.slow(bytesPerSecond: 2_000, delay: .milliseconds(1)))
        let store = try await open(proxy.port)
        let page = try await store.scan(.all(), ScanOptions(limit: 512, bytesMax: 1 << 20), after: nil)
        let values = page.map { $0.value.count }
        #expect(values == Array(repeating: 500, count: 40))
        await store.close()
        await direct.close()
    }

    @Test func aServerThatIsKilledAndComesBack() async throws {
        let server = try await RedisServer.start(["--appendonly", "yes", "--appendfsync", "always"])
        let store = try await open(server.port)
        for number in 0..<50 { try await store.put([1], at: key("\(number)")) }
        server.kill()
        var codes: Set<StoreError.Code?> = []
        for number in 0..<10 { codes.insert(await outcome(of: put([2], "late \(number)"), in: store)) }
        #expect(codes.isSubset(of: [.unavailable, .outcomeUnknown]))
        try server.restart()
        // The scripts went with the server: they are loaded again.
        try await recovered(store)
        #expect(await outcome(of: put([3], "after"), in: store) == nil)
        let count = try await store.count(.partition(Array("partition".utf8)))
        #expect(count.value == 51)
        await store.close()
    }

    @Test func scriptsThatAreFlushedAreLoadedAgain() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.port)
        try server.cli("script", "flush")
        let batches = (0..<20).map { put([1], "\($0)") }
        for result in await store.write(each: batches) { _ = try result.get() }
        try server.cli("script", "flush")
        let page = try await store.scan(.all(), ScanOptions(), after: nil)
        #expect(page.count == 20)
        await store.close()
    }

    @Test func aServerThatStandsStill() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.port)
        server.pause()
        #expect(await outcome(of: put([1], "a"), in: store) == .outcomeUnknown)
        // Now there is no connection, and none is made, so that nothing is sent.
        #expect(await outcome(of: put([1], "b"), in: store) == .unavailable)
        server.resume()
        let never = try await recovered(store, reading: "b")
        #expect(never == nil)
        await store.close()
    }

    @Test func aFullServerTakesNothingAndGivesWhatItHas() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.port)
        try await store.put([1], at: key("a"))
        try server.cli("config", "set", "maxmemory", "1")
        #expect(await outcome(of: put([2], "a"), in: store) == .full)
        let kept = try await store.get(key("a"))?.value
        #expect(kept == [1])
        let page = try await store.scan(.all(), ScanOptions(), after: nil)
        #expect(page.count == 1)
        try server.cli("config", "set", "maxmemory", "0")
        #expect(await outcome(of: put([2], "a"), in: store) == nil)
        await store.close()
    }

    @Test func aMasterThatBecomesAReplica() async throws {
        let (server, other) = (try await RedisServer.start(), try await RedisServer.start())
        let store = try await open(server.port)
        try await store.put([1], at: key("a"))
        try server.cli("replicaof", "127.0.0.1", "\(other.port)")
        let code = await outcome(of: put([2], "a"), in: store)
        #expect(code == .readOnly || code == .unavailable)
        try server.cli("replicaof", "no", "one")
        try await Patience.until { await outcome(of: put([3], "a"), in: store) == nil }
        await store.close()
    }

    @Test func aUserThatLosesItsRights() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.port)
        try server.cli("acl", "setuser", "default", "-evalsha")
        #expect(await outcome(of: put([1], "a"), in: store) == .permissionDenied)
        try server.cli("acl", "setuser", "default", "+evalsha")
        #expect(await outcome(of: put([1], "a"), in: store) == nil)
        await store.close()
    }

    /// Counters and conditional writes in a storm: no increment counts twice, and each name has one winner.
    @Test func aStormMakesNoWrongSuccess() async throws {
        let server = try await RedisServer.start()
        let proxy = try FaultProxy.start(to: server.port)
        let store = try await open(proxy.port)
        let tally = Mutex(Tally())
        try await Storm.pass(over: proxy, workers: 6, rounds: 2) { writer, name in
            let code = await outcome(of: WriteBatch([.init(.add(1), at: key("sum"))]), in: store)
            let claim = await outcome(of: put([UInt8(writer)], "\(name)", if: .vacant), in: store)
            tally.withLock { tally in
                if code == nil { tally.acknowledged += 1 }
                if code == .outcomeUnknown { tally.unknown += 1 }
                if claim == nil { tally.winners[name, default: 0] += 1 }
            }
        }
        let row = try #require(try await recovered(store, reading: "sum"))
        let sum = try #require(Counter.decode(row.value))
        let end = tally.withLock { $0 }
        #expect(Int(sum) >= end.acknowledged)
        #expect(Int(sum) <= end.acknowledged + end.unknown)
        #expect(end.winners.values.allSatisfy { $0 == 1 })
        await store.close()
    }
}
#endif
