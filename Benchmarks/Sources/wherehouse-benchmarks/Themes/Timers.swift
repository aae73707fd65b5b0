import KeyValue
import Synchronization

/// How late a timer of one millisecond is while 64 tasks keep the store busy: whether the store leaves the threads to
/// others.
func measureTimers(_ bench: Workbench, _ results: inout Results) async throws {
    let store = try await bench.openFilledStore("timers.db", bench.writtenCount)
    let loads: [(String, Target, Load?)] = [
        ("timer of 1 ms, idle", .none, nil),
        ("timer of 1 ms while 64 tasks read", .timeAtMost(2_000_000), read),
        ("timer of 1 ms while 64 tasks write", .timeAtMost(2_000_000), write),
    ]
    for (name, target, load) in loads {
        var series = Series(name: name, readings: [])
        for _ in 0..<bench.repeats {
            let lateness = try await lateness(bench, store, load)
            series.readings.append(Reading(wall: lateness, cpu: 0))
        }
        results.figures.append(Figure(name, series, target))
    }
    await store.close()
}

private typealias Load = @Sendable (any KeyValueStore, Workbench, Int) async throws -> Void

private func read(_ store: any KeyValueStore, _ bench: Workbench, _ index: Int) async throws {
    _ = try await store.get(bench.data.keys[bench.written[index % bench.written.count]])
}

private func write(_ store: any KeyValueStore, _ bench: Workbench, _ index: Int) async throws {
    try await store.put(bench.data.value(index), at: bench.data.keys[bench.written[index % bench.written.count]])
}

private final class End: Sendable {
    let isReached = Atomic(false)
}

/// The 99th percentile over half a second and more, in nanoseconds.
private func lateness(_ bench: Workbench, _ store: any KeyValueStore, _ load: Load?) async throws -> Double {
    let end = End()
    return try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<(load == nil ? 0 : 64) {
            group.addTask {
                var index = task * 9_973
                let latest = ContinuousClock.now + .seconds(3)
                // The second condition ends a load that lets no timer run at all.
                while !end.isReached.load(ordering: .relaxed), ContinuousClock.now < latest {
                    try await load?(store, bench, index)
                    index += 1
                }
            }
        }
        let late = try await timer()
        end.isReached.store(true, ordering: .relaxed)
        try await group.waitForAll()
        return late
    }
}

@concurrent
private func timer() async throws -> Double {
    let alarm = Alarm()
    defer { alarm.end() }
    var late: [Double] = []
    for _ in 0..<500 {
        let due = await alarm.sleep(nanoseconds: 1_000_000)
        late.append(Clock.wall() - due)
    }
    late.sort()
    return late[late.count * 99 / 100]
}
