import Drivers
import Foundation
import KeyValue
@_spi(Benchmarks) import RedisStore

/// Single commands and puts: the client below the store beside `redis-benchmark` with as many commands under way, and
/// the store beside plain commands of the same client.
func measureRedisCalls(_ bench: Workbench, _ results: inout Results) async throws {
    let server = try DirectRedis()
    defer { server.stop() }
    let store = try await StoreRegistry.bundled.open(server.url + "?accept=relaxed")
    let calls = RedisCalls(
        bench: bench,
        port: server.port,
        client: try await PlainRedis.connect(port: server.port),
        store: store
    )
    try await calls.measureClient(&results)
    try await calls.measureStore(&results)
    await calls.client.close()
    await store.close()
}

private struct RedisCalls: Sendable {
    let bench: Workbench
    let port: Int
    let client: PlainRedis
    let store: any KeyValueStore

    /// Enough for the start of another program to be a few hundredths of its run.
    private static let many = 409_600
    private static let few = 6_400
    /// What `redis-benchmark` is told to choose from at random. It names them with twelve digits too, and writes its
    /// commands before it begins.
    private static let names = (0..<100_000).map { Array(("key:" + digits($0, 12)).utf8) }

    private static func name(_ number: Int) -> [UInt8] { names[number % names.count] }

    func measureClient(_ results: inout Results) async throws {
        let setting = try await interleave(
            [benchmark("set", 100), sets(tasks: 1, each: 100), sets(tasks: 4, each: 25)],
            repeats: bench.repeats
        )
        let getting = try await interleave(
            [benchmark("get", 100), gets(tasks: 1, each: 100), gets(tasks: 4, each: 25)],
            repeats: bench.repeats
        )
        let tasks = try await interleave(
            [benchmark("set", 64), sets(tasks: 64, each: 1), sets(tasks: 4, each: 16)],
            repeats: bench.repeats
        )
        let bound = "; bound redis-benchmark"
        results.figures += [
            Figure("Redis SET, 1 task, 100 a call" + bound, setting[1], against: setting[0], .none),
            Figure("Redis SET, 4 tasks, 25 a call" + bound, setting[2], against: setting[0], .shareAtLeast(0.8)),
            Figure("Redis GET, 1 task, 100 a call" + bound, getting[1], against: getting[0], .none),
            Figure("Redis GET, 4 tasks, 25 a call" + bound, getting[2], against: getting[0], .shareAtLeast(0.5)),
            Figure("Redis SET, 64 tasks" + bound, tasks[1], against: tasks[0], .shareAtLeast(0.75)),
            Figure("Redis SET, 4 tasks, 16 a call" + bound, tasks[2], against: tasks[0], .none),
        ]
    }

    func measureStore(_ results: inout Results) async throws {
        let single = try await interleave([singleSets(), singlePuts()], repeats: bench.repeats)
        let many = try await interleave([sets(tasks: 1, each: 100), puts(each: 100)], repeats: bench.repeats)
        results.figures += [
            Figure("Redis put, 1 task; bound SET", single[1], against: single[0], .ratioAtMost(1.4)),
            Figure("Redis put, 100 a call; bound SET", many[1], against: many[0], .ratioAtMost(2.4)),
        ]
    }

    /// One connection of `redis-benchmark`, which sends so many commands and waits for all replies to them.
    private func benchmark(_ command: String, _ depth: Int) -> Body {
        Body(name: "redis-benchmark, \(command), \(depth) at a time", operations: RedisCalls.many) { _ in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments =
                ["redis-benchmark", "-p", "\(port)", "-c", "1", "-P", "\(depth)", "-n", "\(RedisCalls.many)", "-q"]
                + ["-d", "300", "-r", "\(RedisCalls.names.count)", "-t", command]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw WrongAnswer(answer: "redis-benchmark") }
            return RedisCalls.many
        }
    }

    private func sets(tasks: Int, each: Int) -> Body {
        inTasks("SET, \(tasks) tasks, \(each) a call", tasks, each) { numbers in
            try await client.set(numbers.map { (RedisCalls.name($0), bench.data.value($0)) })
        }
    }

    private func gets(tasks: Int, each: Int) -> Body {
        inTasks("GET, \(tasks) tasks, \(each) a call", tasks, each) { numbers in
            let count = try await client.get(numbers.map(RedisCalls.name))
            guard count == numbers.count * 300 else { throw WrongAnswer(answer: "\(count) bytes") }
        }
    }

    private func inTasks(
        _ name: String,
        _ tasks: Int,
        _ each: Int,
        _ call: @escaping @Sendable (Range<Int>) async throws -> Void
    ) -> Body {
        Body(name: name, operations: RedisCalls.many) { _ in
            let share = RedisCalls.many / tasks
            return try await wherehouse_benchmarks.inTasks(tasks) { task in
                for start in stride(from: task * share, to: (task + 1) * share, by: each) {
                    try await call(start..<min(start + each, (task + 1) * share))
                }
                return share
            }
        }
    }

    private func singleSets() -> Body {
        Body(name: "SET, 1 task", operations: RedisCalls.few) { round in
            for number in 0..<RedisCalls.few {
                try await client.set([(RedisCalls.name(round * 7_919 + number), bench.data.value(number))])
            }
            return RedisCalls.few
        }
    }

    private func singlePuts() -> Body {
        Body(name: "store, put in 1 task", operations: RedisCalls.few) { round in
            for number in 0..<RedisCalls.few {
                try await store.put(bench.data.value(number), at: key(round * 7_919 + number))
            }
            return RedisCalls.few
        }
    }

    private func puts(each: Int) -> Body {
        Body(name: "store, \(each) puts a call", operations: RedisCalls.many) { round in
            for start in stride(from: 0, to: RedisCalls.many, by: each) {
                let batches = (start..<min(start + each, RedisCalls.many)).map { number in
                    WriteBatch([.init(.put(bench.data.value(round + number)), at: key(number))])
                }
                for result in await store.write(each: batches) { _ = try result.get() }
            }
            return RedisCalls.many
        }
    }

    private func key(_ number: Int) -> Key {
        bench.data.keys[number % min(RedisCalls.names.count, bench.data.keys.count)]
    }
}
