#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

/// A server, and streams of its changes.
private struct Followed {
    let server: RedisServer
    let client: RedisClient
    let configuration: RedisConfiguration

    init(_ arguments: [String] = []) async throws {
        server = try await RedisServer.start(["--repl-diskless-sync-delay", "0"] + arguments)
        configuration = try RedisConfiguration(try StoreLocation(server.url))
        client = try await RedisClient.connect(configuration, environment: .live)
    }

    func stream(from position: RedisStreamPosition? = nil) async throws -> RedisChangeStream {
        try await RedisChangeStream.open(client, configuration, configuration.endpoints[0], from: position)
    }

    /// What a stream names until a certain key: the keys of database 0, in order, and a star for all.
    func keys(_ stream: RedisChangeStream, until last: String) async throws -> [String] {
        var found: [String] = []
        while true {
            for change in try await stream.next().changes {
                switch change.subject {
                case .everything: found.append("*")
                case .key(let key, let database):
                    if database == 0 || database == nil { found.append(String(decoding: key, as: UTF8.self)) }
                }
            }
            if found.last == last { return found }
        }
    }
}

@Suite("A stream of changes")
struct ChangeStreamTests {
    @Test("names every key that a command changes, in order, and nothing that was there before")
    func order() async throws {
        let followed = try await Followed()
        let server = followed.server
        try server.cli("mset", "old", "1", "older", "2", "list", "x")
        try server.cli("del", "list")
        let stream = try await followed.stream()
        #expect(stream.isContinued)
        for command in [
            ["set", "a", "1"], ["mset", "b", "1", "c", "2"], ["get", "a"], ["hset", "h", "f", "v"],
            ["del", "old", "absent"], ["rename", "a", "d"], ["lpush", "list", "1", "3", "2"],
            ["sort", "list", "store", "sorted"], ["zadd", "z", "1", "m"], ["zunionstore", "union", "1", "z"],
            ["eval", "redis.call('set', 'fromscript', 1)", "0"], ["xgroup", "create", "x", "g", "$", "mkstream"],
            ["-n", "3", "set", "elsewhere", "1"], ["-n", "3", "move", "elsewhere", "0"],
            ["-n", "3", "set", "elsewhere", "1"], ["-n", "3", "copy", "elsewhere", "copied", "DB", "0"],
            ["set", "expiring", "1", "px", "1"],
        ] { try server.cli(command) }
        try await Patience.until { try server.cli("exists", "expiring").hasPrefix("0") }
        try server.cli("set", "end", "1")
        let found = try await followed.keys(stream, until: "end")
        let expected: Set = [
            "a", "b", "c", "h", "old", "d", "list", "sorted", "z", "union", "fromscript", "x", "elsewhere", "copied",
            "expiring", "end",
        ]
        // Of commands that read some keys and write others, and of those that find nothing, others may be named too.
        #expect(Set(found).subtracting(["absent"]) == expected)
        let plain = found.filter { ["a", "b", "c", "h", "d", "fromscript", "x", "expiring", "end"].contains($0) }
        #expect(plain == ["a", "b", "c", "h", "a", "d", "fromscript", "x", "expiring", "expiring", "end"])
        try server.cli("flushall")
        try server.cli("set", "end", "2")
        #expect(try await followed.keys(stream, until: "end").contains("*"))
        stream.close()
        await followed.client.close()
    }

    @Test("goes on where another left off, and says when the server has dropped what came behind that")
    func resuming() async throws {
        let followed = try await Followed(["--repl-backlog-size", "16384"])
        let server = followed.server
        let first = try await followed.stream()
        try server.cli("set", "one", "1")
        #expect(try await followed.keys(first, until: "one") == ["one"])
        try server.cli("-n", "5", "set", "elsewhere", "1")
        let last = try await first.next().position
        #expect(last.database == 5)
        first.close()
        await #expect { _ = try await first.next() } throws: { ($0 as? StoreError)?.code == .unavailable }
        try server.cli("-n", "5", "set", "elsewhere", "2")
        try server.cli("set", "two", "2")
        let second = try await followed.stream(from: last)
        #expect(second.isContinued)
        #expect(try await followed.keys(second, until: "two") == ["two"])
        // Broken, not closed.
        try server.cli("client", "kill", "type", "replica")
        await #expect { while true { _ = try await second.next() } } throws: {
            ($0 as? StoreError)?.code == .unavailable
        }
        second.close()
        for number in 0..<40 { try server.cli("set", "large\(number)", String(repeating: "x", count: 1_000)) }
        let third = try await followed.stream(from: last)
        #expect(!third.isContinued)
        try server.cli("set", "three", "3")
        #expect(try await followed.keys(third, until: "three") == ["three"])
        third.close()
        await followed.client.close()
    }

    @Test("asks for no copy of the data, and does not count as a replica that has anything")
    func modesty() async throws {
        let followed = try await Followed()
        try followed.server.cli("set", "large", String(repeating: "x", count: 100_000))
        let stream = try await followed.stream()
        try followed.server.cli("set", "a", "1")
        #expect(try await followed.keys(stream, until: "a") == ["a"])
        // In one connection: who has written nothing waits for nothing.
        let location = try StoreLocation(followed.server.url)
        let writer = try await RedisClient.connect(try RedisConfiguration(location), environment: .live)
        let commands = [RedisCommand("SET", "b", "1"), RedisCommand("WAIT", "1", "1500")]
        let replies = try await writer.send(commands).map { try $0.get() }
        #expect(replies.last?.integer == 0)
        await writer.close()
        let sent = try followed.server.cli("info", "replication").split(whereSeparator: \.isNewline)
        #expect(sent.contains { $0.hasPrefix("slave0:") && $0.contains("offset=0") }, "\(sent)")
        stream.close()
        await followed.client.close()
    }

    @Test("is refused with a remedy where the server does not let itself be followed")
    func refusal() async throws {
        let server = try await RedisServer.start(["--rename-command", "PSYNC", ""])
        let configuration = try RedisConfiguration(try StoreLocation(server.url))
        let client = try await RedisClient.connect(configuration, environment: .live)
        await #expect {
            _ = try await RedisChangeStream.open(client, configuration, configuration.endpoints[0], from: nil)
        } throws: { error in
            let error = error as? StoreError
            return error?.code == .unsupported && error?.message.contains("capture=events") == true
        }
        await client.close()
    }
}
#endif
