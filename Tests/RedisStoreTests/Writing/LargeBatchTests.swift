#if Redis
import KeyValue
import TestServers
import TestSupport
import Testing

@testable import RedisStore

/// Batches whose rows go ahead of the script that puts them in place.
@Suite struct LargeBatchTests {
    private static func key(_ number: Int) -> Key { Key("p", "\(number)") }

    private static func puts(_ count: Int, if precondition: Precondition? = nil) -> [WriteBatch.Operation] {
        (0..<count).map { .init(.put(Array(repeating: UInt8($0), count: 100_000)), at: key($0), if: precondition) }
    }

    private func open(_ server: RedisServer) async throws -> RedisStore {
        try #require(try await RedisDriver().open(StoreLocation(server.url), environment: .live) as? RedisStore)
    }

    private func lives(of pattern: String, on server: RedisServer) throws -> [Int] {
        let script = """
            local lives = {}
            for _, name in ipairs(redis.call('KEYS', ARGV[1])) do lives[#lives + 1] = redis.call('PTTL', name) end
            return lives
            """
        return try server.cli("eval", script, "0", pattern).split(separator: "\n").compactMap { Int($0) }
    }

    @Test func areStoredForGood() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server)
        try await store.put([9], at: Self.key(1))
        let mixed = [
            WriteBatch.Operation(.add(5), at: Key("p", "sum")), .init(.bury, at: Key("p", "grave")),
            .init(.delete, at: Key("p", "gone")), .init(.check, at: Self.key(1), if: .exists),
        ]
        let receipt = try await store.write(WriteBatch(Self.puts(10).filter { $0.key != Self.key(1) } + mixed))
        #expect(receipt.outcomes[9].sum == 5)
        let found = try await store.get([Self.key(0), Self.key(1), Self.key(9)])
        #expect(found.map { $0?.value.count } == [100_000, 1, 100_000])
        #expect(found[2]?.revision == receipt.outcomes[8].revision)
        #expect(try lives(of: "*}r*", on: server) == Array(repeating: -1, count: 12))
        #expect(try lives(of: "*}s*", on: server).isEmpty)
        await store.close()
    }

    @Test func leaveNothingForGoodWhenTheyFail() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server)
        try await store.put([9], at: Self.key(7))
        let error = await #expect(throws: StoreError.self) {
            try await store.write(WriteBatch(Self.puts(10, if: .absent)))
        }
        #expect(error?.conflicts.map(\.key) == [Self.key(7)])
        let lives = try lives(of: "*}s*", on: server)
        #expect(lives.count == 10)
        #expect(lives.allSatisfy { (1...60_000).contains($0) })
        let count = try await store.count(.all())
        #expect(count.value == 1)
        await store.close()
    }

    @Test func areNotWrittenInPart() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server)
        let request = WriteRequest(WriteBatch(Self.puts(10)), id: WriteID(nonce: 1), store: store.identity, names: 1)
        for reply in await store.client.send(request.commandsAhead(in: store.layout).dropLast()) { _ = try reply.get() }
        let reply = try await store.scripts.run(store.call(.write, in: request.bucket, request.arguments, .writes))
        let error = #expect(throws: StoreError.self) { try request.receipt(from: reply) }
        #expect(error?.code == .unavailable)
        let count = try await store.count(.all())
        #expect(count.value == 0)
        await store.close()
    }

    @Test func failWithWhatTheirRowsFailedWith() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server)
        try server.cli("config", "set", "maxmemory", "1")
        #expect(await failureCode { _ = try await store.write(WriteBatch(Self.puts(10))) } == .full)
        try server.cli("config", "set", "maxmemory", "0")
        _ = try await store.write(WriteBatch(Self.puts(10)))
        await store.close()
    }
}
#endif
