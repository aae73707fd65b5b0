import Foundation
import KeyValue
import PostgreSQLStore
import Synchronization

/// Single gets and puts: the store against libpq called directly, against `pgbench`, and against a pool that lends a
/// connection for each query.
struct ServerCalls {
    let bench: Workbench
    let server: DatabaseServer
    let store: any KeyValueStore
    let direct: DirectServerTable
    let pool: QueryPool

    private static let gets = 5_000
    private static let manyGets = 25_600
    private static let puts = 1_500
    private static let tasks = 64

    func measure(_ results: inout Results) async throws {
        let hops = HopThread()
        let gets = try await interleave(
            [directGets(), storeGets(), hops.body(ServerCalls.gets)],
            repeats: bench.repeats
        )
        hops.end()
        results.figures += [
            Figure("PostgreSQL get, 1 task; bound libpq", gets[1], against: gets[0], .none),
            Figure(
                "PostgreSQL get, 1 task; bound libpq and a hop to a thread and back",
                gets[1],
                against: gets[0].adding(gets[2]),
                .ratioAtMost(1.15)
            ),
        ]
        let many = try await interleave(
            [pooledGets(), leasedGets(), storeGetsInTasks()],
            repeats: bench.repeats
        )
        results.figures += [
            Figure("PostgreSQL get, 64 tasks; bound 8 threads of libpq", many[2], against: many[0], .none),
            Figure(
                "PostgreSQL get, 64 tasks; bound a pool of 8 of asyncpg",
                many[2],
                against: many[1],
                .speedupAtLeast(5)
            ),
        ]
        let puts = try await interleave([pgbenchPuts(), directPuts(), storePuts()], repeats: bench.repeats)
        results.figures += [
            Figure("PostgreSQL durable put, 1 task; bound pgbench", puts[2], against: puts[0], .ratioAtMost(1.15)),
            Figure("PostgreSQL durable put, 1 task; bound libpq", puts[2], against: puts[1], .none),
        ]
    }

    private func numbers(_ round: Int, _ count: Int) -> ArraySlice<Int> {
        let start = round * count % (bench.data.shuffled.count - count + 1)
        return bench.data.shuffled[start..<start + count]
    }

    private func directGets() -> Body {
        Body(name: "libpq, get", operations: ServerCalls.gets) { round in
            try numbers(round, ServerCalls.gets).reduce(0) {
                try $0 + direct.get(bench.data.keys[$1]) / Dataset.valueBytes
            }
        }
    }

    private func storeGets() -> Body {
        Body(name: "store, get in 1 task", operations: ServerCalls.gets) { round in
            var sum = 0
            for number in numbers(round, ServerCalls.gets) {
                sum += (try await store.get(bench.data.keys[number])?.value.count ?? 0) / Dataset.valueBytes
            }
            return sum
        }
    }

    private func inManyTasks(_ get: @escaping @Sendable (Key) async throws -> Int, _ round: Int) async throws -> Int {
        let numbers = numbers(round, ServerCalls.manyGets)
        let each = ServerCalls.manyGets / ServerCalls.tasks
        let keys = bench.data.keys
        return try await inTasks(ServerCalls.tasks) { task in
            var sum = 0
            for number in numbers.dropFirst(task * each).prefix(each) { sum += try await get(keys[number]) }
            return sum
        }
    }

    private func pooledGets() -> Body {
        Body(name: "pool, get in 64 tasks", operations: ServerCalls.manyGets) { round in
            try await inManyTasks({ [pool] key in try await pool.get(key) }, round)
        }
    }

    /// Each query borrows a connection of a pool of eight, in 64 tasks.
    private func leasedGets() -> Body {
        let input = "\(bench.data.keys.count) \(server.url(of: "direct"))"
        return PythonPeer(script: "postgresql.py", input: input).body("get", operations: ServerCalls.manyGets)
    }

    private func storeGetsInTasks() -> Body {
        Body(name: "store, get in 64 tasks", operations: ServerCalls.manyGets) { round in
            try await inManyTasks({ [store] key in try await store.get(key)?.value.count ?? 0 }, round)
        }
    }

    /// Another place and value for each body and round.
    private func write(_ body: Int, _ round: Int, _ index: Int) -> (key: Key, value: [UInt8]) {
        let count = (round * 3 + body) * 13_001 + index
        return (bench.data.keys[bench.written[count % bench.written.count]], bench.data.value(count))
    }

    private func directPuts() -> Body {
        Body(name: "libpq, put", operations: ServerCalls.puts) { round in
            for index in 0..<ServerCalls.puts {
                let (key, value) = write(0, round, index)
                try direct.put(value, at: key)
            }
            return ServerCalls.puts
        }
    }

    private func storePuts() -> Body {
        Body(name: "store, put in 1 task", operations: ServerCalls.puts) { round in
            for index in 0..<ServerCalls.puts {
                let (key, value) = write(1, round, index)
                try await store.put(value, at: key)
            }
            return ServerCalls.puts
        }
    }

    /// The same statement, timed by pgbench itself, without its start. The server makes up the value: less for it to
    /// read.
    private func pgbenchPuts() -> Body {
        let script = server.directory.appending(path: "put.sql")
        let text = """
            \\set n random(0, \(bench.data.keys.count - 1))
            INSERT INTO entries VALUES (0, convert_to('tenant-' || lpad(((:n)::int / 10000)::text, 9, '0'), 'UTF8'), \
            convert_to('file-' || lpad(((:n)::int / 100)::text, 8, '0') || '--' || lpad(((:n)::int)::text, 9, '0'), 'UTF8'), 1, \
            convert_to(repeat(lpad(((:n)::int)::text, 10, 'x'), 30), 'UTF8')) ON CONFLICT (s, p, k) \
            DO UPDATE SET r = entries.r + 1, v = excluded.v;
            """
        let time = Mutex(0.0)
        return Body(name: "pgbench, put", operations: ServerCalls.puts) {
            try text.write(to: script, atomically: true, encoding: .utf8)
        } run: { _ in
            let said = try Command.run([
                "pgbench", "--no-vacuum", "--protocol=prepared", "--client=1", "--file", script.path(),
                "--transactions=\(ServerCalls.puts)", server.url(of: "direct"),
            ])
            guard let line = said.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
                let rate = line.split(separator: " ").dropFirst(2).first.flatMap({ Double($0) })
            else { throw CommandFailed(command: ["pgbench"], said: said) }
            time.withLock { $0 = Double(ServerCalls.puts) / rate * 1e9 }
            return ServerCalls.puts
        } ownTime: {
            time.withLock { $0 }
        }
    }
}

/// What most clients do: a connection is lent for one query and comes back with its answer.
final class QueryPool: Sendable {
    private struct Order {
        var key: Key
        var continuation: UnsafeContinuation<Result<Int, any Error>, Never>
    }

    private let orders = Mutex<[Order]>([])
    private let isOrdered = DispatchSemaphore(value: 0)

    init(_ tables: [DirectServerTable]) {
        for table in tables {
            let thread = Thread { [self] in
                while let order = next() {
                    order.continuation.resume(returning: Result { try table.get(order.key) })
                }
            }
            thread.start()
        }
    }

    func get(_ key: Key) async throws -> Int {
        try await withUnsafeContinuation { continuation in
            orders.withLock { $0.append(Order(key: key, continuation: continuation)) }
            isOrdered.signal()
        }.get()
    }

    func end(_ count: Int) { for _ in 0..<count { isOrdered.signal() } }

    private func next() -> Order? {
        isOrdered.wait()
        return orders.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

/// A thread that wakes whoever wakes it: what it costs to have a call done by another thread.
final class HopThread: Sendable {
    private let waiter = Mutex<UnsafeContinuation<Void, Never>?>(nil)
    private let isWanted = DispatchSemaphore(value: 0)

    init() {
        let thread = Thread { [self] in
            while true {
                isWanted.wait()
                guard let waiter = waiter.withLock({ $0.take() }) else { return }
                waiter.resume()
            }
        }
        thread.start()
    }

    func body(_ count: Int) -> Body {
        Body(name: "hop to a thread and back", operations: count) { _ in
            for _ in 0..<count {
                await withUnsafeContinuation { continuation in
                    self.waiter.withLock { $0 = continuation }
                    self.isWanted.signal()
                }
            }
            return count
        }
    }

    func end() { isWanted.signal() }
}
