import Drivers
import Foundation
import KeyValue
import Migration
import Synchronization

/// A live move from a SQLite to a PostgreSQL beside clients: what a switch costs them, what copying costs them, and what
/// the marks of their writes cost.
func measureMoving(_ bench: Workbench, _ results: inout Results) async throws {
    results = try await withServer(bench, results) { server, _, direct, results in
        try await measureMarks(bench, server, &results)
        let move = try await Move.start(bench, server)
        try await move.measureCopying(&results)
        try await move.measureHolds(&results)
        await move.end()
        try await measureLeavingRedis(bench, server, direct, &results)
    }
}

/// What a write costs that leaves a mark, beside the same write to the same store without one.
private func measureMarks(_ bench: Workbench, _ server: DatabaseServer, _ results: inout Results) async throws {
    for (name, url) in [("SQLite", "sqlite:" + bench.path("marks.db")), ("PostgreSQL", server.url(of: "source"))] {
        let store = try await StoreRegistry.bundled.open(url, creating: true)
        try await bench.fill(store, 20_000)
        for tasks in [1, 64] {
            let count = tasks == 1 ? 1_000 : 8_000
            func body(_ marks: Bool) -> Body {
                Body(name: marks ? "marked" : "plain", operations: count) { round in
                    try await inTasks(tasks) { task in
                        for index in 0..<count / tasks {
                            let place = (round * count + index * tasks + task) % bench.written.count
                            let key = bench.data.keys[bench.written[place] % 20_000]
                            var batch = WriteBatch([.init(.put(bench.data.value(round + index)), at: key)])
                            if marks { batch.mark = StoreEnvironment.live.makeMarkID() }
                            _ = try await store.write(batch)
                        }
                        return count / tasks
                    }
                } finish: {
                    for bin in try await store.bins() {
                        while true {
                            let page = try await store.marks(in: bin, limit: 1_000, after: nil)
                            try await store.clearMarks(page.marks.map(\.id), in: bin)
                            if page.cursor == nil { break }
                        }
                    }
                }
            }
            let series = try await interleave([body(false), body(true)], repeats: bench.repeats)
            let title = "\(name), put with a mark, \(tasks) task\(tasks == 1 ? "" : "s"); bound without"
            results.figures.append(Figure(title, series[1], against: series[0], .ratioAtMost(1.3)))
        }
        await store.close()
    }
}

/// One migration, and its clients.
private struct Move {
    private static let clientCount = 64

    let bench: Workbench
    let stores: MigrationStores
    let clients: [MigratingStore]
    let host: Task<Void, Never>
    let steering: Operator

    static func start(_ bench: Workbench, _ server: DatabaseServer) async throws -> Move {
        let source = try await bench.openFilledStore("moving.db", bench.data.keys.count)
        let target = try await StoreRegistry.bundled.open(server.url(of: "target"))
        let control = try ControlStore(try await StoreRegistry.bundled.open(server.url(of: "postgres")), name: "moving")
        let stores = try MigrationStores(source: source, target: target, control: control)
        let plan = MigrationPlan(holdMax: .seconds(5), marksMax: 1_000)
        _ = try await MigrationController.plan(
            stores,
            source: "old",
            target: "new",
            plan,
            actor: "benchmarks",
            milliseconds: milliseconds
        )
        var clients: [MigratingStore] = []
        for _ in 0..<clientCount { clients.append(try await MigratingStore.open(stores)) }
        let host = MigrationHost(stores, name: "benchmarks", milliseconds: milliseconds)
        return Move(
            bench: bench,
            stores: stores,
            clients: clients,
            host: Task { await host.run() },
            steering: Operator(control, name: "benchmarks")
        )
    }

    private static let milliseconds: @Sendable () -> UInt64 = { UInt64(Date().timeIntervalSince1970 * 1_000) }

    func end() async {
        host.cancel()
        await host.value
        // All of them have the same stores.
        await clients.first?.close()
    }

    private func steer(_ command: OperatorCommand) async throws {
        let request = try await steering.request(command)
        let outcome = try await steering.outcome(of: request, takenWithin: .seconds(30))
        guard outcome == .done else { throw WrongAnswer(answer: "\(command.name): \(outcome)") }
    }

    private func status() async throws -> MigrationOverview {
        try await stores.control.status(milliseconds: Move.milliseconds())
    }

    // MARK: - What clients notice

    /// What each client's writes took, in nanoseconds, while `body` went on.
    private func latencies(
        pause: Duration,
        while body: () async throws -> Void
    ) async throws -> [[Double]] {
        let isOver = Flag()
        let loads = clients.enumerated().map { number, client in
            Task {
                var taken: [Double] = []
                var index = number * 9_973
                while !isOver.isSet.load(ordering: .relaxed) {
                    let key = bench.data.keys[bench.written[index % bench.written.count]]
                    let began = Clock.wall()
                    try await client.put(bench.data.value(index), at: key)
                    taken.append(Clock.wall() - began)
                    index += 1
                    if pause > .zero { try await Task.sleep(for: pause) }
                }
                return taken
            }
        }
        do {
            try await body()
        } catch {
            isOver.isSet.store(true, ordering: .relaxed)
            throw error
        }
        isOver.isSet.store(true, ordering: .relaxed)
        var all: [[Double]] = []
        for load in loads { all.append(try await load.value) }
        return all
    }

    private static func percentile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// Copying as fast as it goes, then throttled to about a third of that, beside writes that pause in between.
    func measureCopying(_ results: inout Results) async throws {
        let pause = Duration.milliseconds(64)
        try await steer(.start)
        try await steer(.pause)
        let calm = try await latencies(pause: pause) { try await Task.sleep(for: .seconds(3)) }
        var rates: [Double] = []
        var waits: [[Double]] = []
        for throttled in [false, true] {
            if throttled { try await steer(.throttle(Throttle(rowsPerSecondMax: UInt64(rates[0] * 0.35 / 2)))) }
            try await steer(.resume)
            let (before, began) = (try await status().rows, Clock.wall())
            waits += [
                try await latencies(pause: pause) {
                    for _ in 0..<30 where try await !status().isCopied {
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }.flatMap { $0 }
            ]
            rates.append(Double(try await status().rows - before) / (Clock.wall() - began) * 1e9)
            try await steer(.pause)
        }
        try await steer(.throttle(Throttle()))
        try await steer(.resume)
        func series(_ name: String, _ value: Double) -> Series {
            Series(name: name, readings: [Reading(wall: value, cpu: 0)])
        }
        let before = series("calm", Move.percentile(calm.flatMap { $0 }, 0.99))
        let names = ["copying freely", "copying throttled"]
        for (index, name) in names.enumerated() {
            let ours = series(name, Move.percentile(waits[index], 0.99))
            let target = index == 0 ? Target.none : .ratioAtMost(2)
            results.figures.append(
                Figure("write beside \(name), 99th percentile; bound without", ours, against: before, target)
            )
        }
        results.figures.append(
            Figure(
                "copy beside 64 clients, throttled, a record; bound freely",
                series("throttled", 1e9 / rates[1]),
                against: series("freely", 1e9 / rates[0]),
                .shareAtLeast(0.25)
            )
        )
        while try await !status().isReadyToSwitch { try await Task.sleep(for: .milliseconds(100)) }
    }

    /// The longest write of each client around each switch, there and back. Where clients write faster than what they
    /// change is carried over, a switch is refused; so they write as many a second as leave it a chance.
    func measureHolds(_ results: inout Results) async throws {
        for (pause, what) in [(Duration.milliseconds(64), "1,000 a second"), (.milliseconds(32), "2,000 a second")] {
            var longest: [Double] = []
            for _ in 0..<max(3, bench.repeats) {
                for command in [OperatorCommand.cutover, .rollback] {
                    while try await !isReady(for: command) { try await Task.sleep(for: .milliseconds(50)) }
                    longest += try await latencies(pause: pause) {
                        try await Task.sleep(for: .milliseconds(300))
                        try await steer(command)
                        try await Task.sleep(for: .milliseconds(100))
                    }.map { $0.max() ?? 0 }
                }
            }
            let hold = Series(name: "hold", readings: [Reading(wall: Move.percentile(longest, 0.99), cpu: 0)])
            let title = "write held at a switch, 64 clients \(what), 99th percentile of their longest"
            results.figures.append(Figure(title, hold, .timeAtMost(250_000_000)))
        }
    }

    private func isReady(for command: OperatorCommand) async throws -> Bool {
        let status = try await status()
        return command == .cutover ? status.isReadyToSwitch : status.record.mode == .switched && status.isSettled
    }
}

private final class Flag: Sendable {
    let isSet = Atomic(false)
}

/// Out of a Redis into a PostgreSQL where no row may be overwritten, beside what is read by SCAN and MGET and what is
/// written by COPY.
private func measureLeavingRedis(
    _ bench: Workbench,
    _ server: DatabaseServer,
    _ direct: DirectServerTable,
    _ results: inout Results
) async throws {
    let redis = try DirectRedis()
    defer { redis.stop() }
    try redis.fill(bench.data)
    let source = try await StoreRegistry.bundled.open(redis.url + "?layout=raw")
    try server.psql("CREATE DATABASE leaving", "postgres")
    let target = try await StoreRegistry.bundled.open(server.url(of: "leaving"), creating: true)
    let count = bench.data.keys.count
    let encoded = DirectServerTable.encoded(bench.data)
    let empty = {
        try server.psql("TRUNCATE wherehouse.entries", "leaving")
        try server.psql("TRUNCATE entries", "direct")
        try server.psql("CHECKPOINT", "direct")
        return
    }
    let series = try await interleave(
        [
            Body(name: "SCAN and MGET", operations: count) { _ in try redis.scan() },
            Body(name: "COPY in", operations: count, prepare: empty) { _ in
                try direct.copyIn(encoded)
                return count
            },
            Body(name: "copy", operations: count, prepare: empty) { _ in
                try await Copier(to: target).copy(from: source, temporaryDirectory: bench.path("")).written
            },
        ],
        repeats: bench.repeats
    )
    await source.close()
    await target.close()
    let slower = series[0].wall > series[1].wall ? series[0] : series[1]
    results.figures.append(
        Figure("Redis to PostgreSQL, a record; bound \(slower.name)", series[2], against: slower, .shareAtLeast(0.6))
    )
}
