import KeyValue

/// Point reads and short ranges, at random places of a table that the system has in its cache.
func measureReads(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let table = try bench.openFilledTable("reads-direct.db", count, cacheMiB: Workbench.readerCacheMiB)
    let second = try DirectTable(bench.path("reads-direct.db"), cacheMiB: Workbench.readerCacheMiB)
    let store = try await bench.openFilledStore("reads.db", count)

    // Fills the caches of both connections of both sides.
    _ = try table.scan() + second.scan()
    _ = try await inTasks(2) { _ in try await readAll(of: store) { $0.count } }

    let reads = Reads(data: bench.data, tables: [table, second], store: store)
    let one = try await interleave([reads.directGets(), reads.gets()], repeats: bench.repeats)
    results.add("get, 1 task", one, .get, .ratioAtMost(1.3))
    let many = try await interleave([reads.directGetsOnTwoThreads(), reads.getsIn64Tasks()], repeats: bench.repeats)
    results.add("get, 64 tasks; bound on 2 threads", many, .getOnTwoThreads, .ratioAtMost(1.4))
    let hundreds = try await interleave([reads.directGetsOf100(), reads.getsOf100()], repeats: bench.repeats)
    results.add("get of 100 keys, each", hundreds, .getInTransaction, .ratioAtMost(1.3))
    let prefixes = try await interleave([reads.directPrefixes(), reads.prefixes()], repeats: bench.repeats)
    results.add("prefix of 100 records", prefixes, .prefix, .ratioAtMost(1.3))
    await store.close()
}

extension Results {
    /// Adds the row of a bound and of ours, which were run by turns in this order.
    mutating func add(_ name: String, _ series: [Series], _ bound: Bound, _ target: Target) {
        bounds[bound] = series[0]
        figures.append(Figure(name, series[1], against: series[0], target))
    }
}

private struct Reads: Sendable {
    let data: Dataset
    /// One a thread.
    let tables: [DirectTable]
    let store: any KeyValueStore

    private static let gets = 20_000
    private static let tasks = 64
    private static let prefixes = 300

    /// The numbers to read in a round: others in each, and the same for all bodies.
    private func numbers(_ round: Int, _ count: Int) -> ArraySlice<Int> {
        let start = round * count % (data.shuffled.count - count + 1)
        return data.shuffled[start..<start + count]
    }

    func directGets() -> Body {
        Body(name: "C API, get", operations: Reads.gets) { round in
            var bytes = 0
            for number in numbers(round, Reads.gets) { bytes += try tables[0].get(data.keys[number]) }
            return bytes
        }
    }

    func gets() -> Body {
        Body(name: "store, get in 1 task", operations: Reads.gets) { round in
            var bytes = 0
            for number in numbers(round, Reads.gets) {
                bytes += try await store.get(data.keys[number])?.value.count ?? 0
            }
            return bytes
        }
    }

    func directGetsOnTwoThreads() -> Body {
        Body(name: "C API, get on 2 threads", operations: 2 * Reads.gets) { round in
            let numbers = numbers(round, 2 * Reads.gets)
            return try onThreads(2) { thread in
                let start = numbers.startIndex + thread * Reads.gets
                var bytes = 0
                for number in numbers[start..<start + Reads.gets] { bytes += try tables[thread].get(data.keys[number]) }
                return bytes
            }
        }
    }

    func getsIn64Tasks() -> Body {
        let each = 2 * Reads.gets / Reads.tasks
        return Body(name: "store, get in 64 tasks", operations: each * Reads.tasks) { round in
            let numbers = numbers(round, each * Reads.tasks)
            return try await inTasks(Reads.tasks) { task in
                let start = numbers.startIndex + task * each
                var bytes = 0
                for number in numbers[start..<start + each] {
                    bytes += try await store.get(data.keys[number])?.value.count ?? 0
                }
                return bytes
            }
        }
    }

    func directGetsOf100() -> Body {
        Body(name: "C API, get, 100 a transaction", operations: Reads.gets) { round in
            let numbers = numbers(round, Reads.gets)
            var bytes = 0
            for start in stride(from: numbers.startIndex, to: numbers.endIndex, by: 100) {
                bytes += try tables[0].read {
                    try numbers[start..<start + 100].reduce(0) { try $0 + tables[0].get(data.keys[$1]) }
                }
            }
            return bytes
        }
    }

    func getsOf100() -> Body {
        Body(name: "store, get of 100 keys", operations: Reads.gets) { round in
            let numbers = numbers(round, Reads.gets)
            var bytes = 0
            for start in stride(from: numbers.startIndex, to: numbers.endIndex, by: 100) {
                let entries = try await store.get(numbers[start..<start + 100].map { data.keys[$0] })
                bytes += entries.reduce(0) { $0 + ($1?.value.count ?? 0) }
            }
            return bytes
        }
    }

    func directPrefixes() -> Body {
        Body(name: "C API, prefix of 100", operations: Reads.prefixes) { round in
            var bytes = 0
            for number in numbers(round, Reads.prefixes) {
                guard case .keys(let partition, let lower?, let upper?) = data.prefix(of: number).extent else {
                    continue
                }
                bytes += try tables[0].page(of: partition, from: lower, to: upper)
            }
            return bytes
        }
    }

    func prefixes() -> Body {
        Body(name: "store, prefix of 100", operations: Reads.prefixes) { round in
            var bytes = 0
            for number in numbers(round, Reads.prefixes) {
                let page = try await store.scan(data.prefix(of: number), ScanOptions(limit: 100), after: nil)
                bytes += page.reduce(0) { $0 + $1.keyBytes.count + $1.value.count }
            }
            return bytes
        }
    }
}
