#if Redis
import Testing

@testable import RedisStore

@Suite("Changes that wait to be carried over")
struct PendingChangesTests {
    private func position(_ offset: Int) -> RedisStreamPosition {
        RedisStreamPosition(id: String(repeating: "0", count: 40), offset: UInt64(offset), database: 0)
    }

    @Test("keep each key once, in the order of its last change, and forget by name alone")
    func order() {
        var pending = PendingChanges()
        for (offset, key) in [1, 2, 1, 3].enumerated() {
            pending.add(.init(key: [UInt8(key)], node: "a", before: position(offset), position: position(offset + 1)))
        }
        #expect(pending.list(after: 0, limit: 9).map(\.change.key) == [[2], [1], [3]])
        #expect(pending.list(after: 2, limit: 1).map(\.change.key) == [[1]])
        #expect(pending.list(limit: 1) { number, _ in number != 2 }.map(\.change.key) == [[1]])
        #expect(pending.oldest(of: "a") == position(1))
        #expect(pending.oldest(of: "b") == nil)
        // The mark of a change that another stands in for by now.
        pending.remove(1)
        #expect(pending.count == 3)
        pending.remove(2)
        #expect(pending.oldest(of: "a") == position(2))
        pending.remove(upTo: pending.last)
        #expect(pending.list(after: 0, limit: 9).isEmpty && pending.count == 0)
    }

    @Test("are forgotten up to a number, but for keys that were changed again since")
    func forgetting() {
        var pending = PendingChanges()
        func change(_ key: UInt8, at offset: Int) {
            pending.add(.init(key: [key], node: "a", before: position(offset), position: position(offset + 1)))
        }
        for key in 1...3 { change(UInt8(key), at: key) }
        let last = pending.last
        change(2, at: 4)
        change(4, at: 5)
        pending.remove(upTo: last)
        #expect(pending.list(limit: 9).map(\.change.key) == [[2], [4]])
        #expect(pending.count == 2 && pending.oldest(of: "a") == position(4))
        // Numbers go on, so that marks of what was forgotten name nothing that comes later.
        change(1, at: 6)
        #expect(pending.list(limit: 9).map(\.number) == [4, 5, 6])
    }

    @Test("take no more room for a key that changes often, however long another waits")
    func room() {
        var pending = PendingChanges()
        pending.add(.init(key: [0], node: "a", before: position(0), position: position(1)))
        for offset in 1...10_000 {
            let key = [UInt8(offset % 7 + 1)]
            pending.add(.init(key: key, node: "a", before: position(offset), position: position(offset + 1)))
        }
        #expect(pending.list(after: 0, limit: 99).map(\.change.key.first) == [0, 6, 7, 1, 2, 3, 4, 5])
        for (number, _) in pending.list(after: 0, limit: 99) { pending.remove(number) }
        #expect(pending.count == 0 && pending.oldest(of: "a") == nil)
    }
}

@Suite("Rules of users")
struct AccessRuleTests {
    @Test("are taken apart, selectors whole, and put together again")
    func selectors() throws {
        let rule = try #require(AccessRule(line: "user svc on #ab ~a* &* -@all +get (~b* +set) (%R~c* +@all)"))
        #expect(rule.name == "svc")
        let restoration = String(decoding: rule.restoration.bytes, as: UTF8.self)
        #expect(restoration.hasPrefix("*9\r\n") && restoration.contains("\r\n(~b* +set)\r\n"))
        let refusal = String(decoding: rule.refusal.bytes, as: UTF8.self)
        #expect(refusal.hasPrefix("*5\r\n") && refusal.contains("clearselectors\r\n$7\r\n-@write"))
        #expect(rule.text == "user svc -@all +get (~b* +set) (%R~c* +@all)")
        #expect(AccessRule(line: rule.text) == rule)
        let plain = try #require(AccessRule(line: "user svc on nopass ~* &* +@all"))
        #expect(String(decoding: plain.refusal.bytes, as: UTF8.self).hasPrefix("*4\r\n"))
        #expect(AccessRule(line: "nobody at all") == nil)
        #expect(AccessRule(line: "user svc (open") == nil)
        #expect(AccessRule(line: "user svc ) on") == nil)
    }
}
#endif
