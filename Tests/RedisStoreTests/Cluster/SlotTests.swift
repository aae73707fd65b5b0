#if Redis
import Testing

@testable import RedisStore

@Suite struct SlotTests {
    private let here = RedisEndpoint(host: "here", port: 1)

    @Test func slotsAreThoseOfTheSpecification() {
        // The check value of CRC16/XMODEM, and what `CLUSTER KEYSLOT` says.
        #expect(HashSlot.of("123456789".utf8) == 0x31C3)
        #expect(HashSlot.of("foo".utf8) == 12182)
        #expect(HashSlot.of("{foo}bar".utf8) == 12182)
        #expect(HashSlot.of("a{foo}{bar}".utf8) == 12182)
        #expect(HashSlot.of("{}foo".utf8) == 9500)
        #expect(HashSlot.of("".utf8) == 0)
    }

    @Test func redirections() {
        #expect(
            Redirection("MOVED 3999 127.0.0.1:6381", answered: here)
                == .moved(slot: 3999, to: RedisEndpoint(host: "127.0.0.1", port: 6381))
        )
        #expect(Redirection("ASK 1 :2", answered: here) == .ask(RedisEndpoint(host: "here", port: 2)))
        #expect(
            Redirection("MOVED 1 ::1:7", answered: here) == .moved(slot: 1, to: RedisEndpoint(host: "::1", port: 7))
        )
        #expect(Redirection("MOVED x y", answered: here) == nil)
        #expect(Redirection("ERR no such key", answered: here) == nil)
    }

    @Test func tables() throws {
        func node(_ host: String, _ port: Int64) -> RESPValue { .array([.bulk(Array(host.utf8)), .integer(port)]) }
        let reply = RESPValue.array([
            .array([.integer(0), .integer(9), node("", 7), node("other", 8)]),
            .array([.integer(10), .integer(16_383), node("third", 9)]),
        ])
        var table = try #require(SlotTable(reply, answered: here))
        #expect(table[9] == RedisEndpoint(host: "here", port: 7))
        #expect(table[10] == RedisEndpoint(host: "third", port: 9))
        #expect(table.replicas == [RedisEndpoint(host: "other", port: 8)])
        #expect(table.isWhole)
        table.move(9, to: RedisEndpoint(host: "fourth", port: 1))
        #expect(table[9] == RedisEndpoint(host: "fourth", port: 1))
        #expect(table[8] == RedisEndpoint(host: "here", port: 7))
        let partial = try #require(SlotTable(.array([]), answered: here))
        #expect(!partial.isWhole && partial[0] == nil)
        #expect(SlotTable(.integer(1), answered: here) == nil)
        #expect(SlotTable(.array([.array([.integer(5), .integer(99_999), node("", 7)])]), answered: here) == nil)
    }
}
#endif
