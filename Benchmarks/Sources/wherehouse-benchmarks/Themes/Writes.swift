import Foundation
import KeyValue

/// Overwriting records at random places, each time with another value.
func measureWrites(_ bench: Workbench, _ results: inout Results) async throws {
    let durable = try await Writes(bench, "durable", isDurable: true)
    let file = FileManager.default.createFile(atPath: bench.path("flush"), contents: nil)
    guard file, let handle = FileHandle(forWritingAtPath: bench.path("flush")) else {
        throw CocoaError(.fileNoSuchFile)
    }
    let series = try await interleave(
        [
            Writes.flushes(handle), durable.directPuts(Writes.fewPuts), durable.directPutsOf64(),
            durable.puts(Writes.fewPuts),
            durable.putsIn64Tasks(),
        ],
        repeats: bench.repeats
    )
    await durable.store.close()
    results.bounds[.flush] = series[0]
    results.bounds[.durablePut] = series[1]
    results.bounds[.durablePutOf64] = series[2]
    results.figures += [
        Figure("durable put, 1 task", series[3], against: series[1], .ratioAtMost(1.5)),
        Figure("durable put, 64 tasks; bound 64 a commit", series[4], against: series[2], .ratioAtMost(1.25)),
        Figure("durable put, 64 tasks; bound commits each", series[4], against: series[1], .speedupAtLeast(4)),
    ]

    let relaxed = try await Writes(bench, "relaxed", isDurable: false)
    let relaxedSeries = try await interleave(
        [relaxed.directPuts(Writes.manyPuts), relaxed.directPutsOf64(), relaxed.putsIn64Tasks()],
        repeats: bench.repeats
    )
    await relaxed.store.close()
    results.bounds[.relaxedPut] = relaxedSeries[0]
    results.bounds[.relaxedPutOf64] = relaxedSeries[1]
    results.figures.append(
        Figure(
            "relaxed put, 64 tasks; bound 64 a commit",
            relaxedSeries[2],
            against: relaxedSeries[1],
            .ratioAtMost(1.25)
        )
    )
}

private struct Writes: Sendable {
    let bench: Workbench
    let table: DirectTable
    let store: any KeyValueStore

    private static let tasks = 64
    private static let group = 64
    // Enough for each body to have its share of moving the log into the database, which is after 4,000 pages.
    static let fewPuts = 4_800
    static let manyPuts = 12_800

    init(_ bench: Workbench, _ name: String, isDurable: Bool) async throws {
        self.bench = bench
        let count = bench.writtenCount
        table = try bench.openFilledTable(name + "-direct.db", count, isDurable ? .full : .normal)
        store = try await bench.openFilledStore(name + ".db", count, isDurable: isDurable)
    }

    /// What the disk by itself takes for a durable write of a record.
    static func flushes(_ file: FileHandle) -> Body {
        Body(name: "append and flush", operations: 200) { _ in
            let record = Data(repeating: 1, count: 348)
            for _ in 0..<200 {
                try file.write(contentsOf: record)
                guard fdatasync(file.fileDescriptor) == 0 else { throw CocoaError(.fileWriteUnknown) }
            }
            return 200
        }
    }

    /// The `index`th write of a body in a round: others in each round and for each body, so that none finds what
    /// another has just written.
    private func write(_ body: Int, _ round: Int, _ index: Int) -> (key: Key, value: [UInt8]) {
        let count = (round * 5 + body) * 13_001 + index
        return (bench.data.keys[bench.written[count % bench.written.count]], bench.data.value(count))
    }

    func directPuts(_ count: Int) -> Body {
        Body(name: "C API, put, a commit each", operations: count) { round in
            for index in 0..<count {
                let (key, value) = write(0, round, index)
                try table.put(value, at: key)
            }
            return count
        }
    }

    func directPutsOf64() -> Body {
        Body(name: "C API, put, 64 a commit", operations: Writes.manyPuts) { round in
            for start in stride(from: 0, to: Writes.manyPuts, by: Writes.group) {
                try table.write {
                    for index in start..<start + Writes.group {
                        let (key, value) = write(1, round, index)
                        try table.put(value, at: key)
                    }
                }
            }
            return Writes.manyPuts
        }
    }

    func puts(_ count: Int) -> Body {
        Body(name: "store, put in 1 task", operations: count) { round in
            for index in 0..<count {
                let (key, value) = write(2, round, index)
                try await store.put(value, at: key)
            }
            return count
        }
    }

    func putsIn64Tasks() -> Body {
        Body(name: "store, put in 64 tasks", operations: Writes.manyPuts) { round in
            let each = Writes.manyPuts / Writes.tasks
            return try await inTasks(Writes.tasks) { task in
                for index in 0..<each {
                    let (key, value) = write(3, round, task * each + index)
                    try await store.put(value, at: key)
                }
                return each
            }
        }
    }
}
