import KeyValue

/// Reading everything in order.
func measureScans(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let table = try bench.openFilledTable("scans-direct.db", count, cacheMiB: Workbench.readerCacheMiB)
    let store = try await bench.openFilledStore("scans.db", count)

    let series = try await interleave(
        [
            Body(name: "C API, scan", operations: count) { _ in try table.scan() },
            Body(name: "store, scan by pages", operations: count) { _ in
                try await readAll(of: store) { $0.count * Dataset.recordBytes }
            },
            Body(name: "store, scan by records", operations: count) { _ in
                try await readAll(of: store) { page in
                    page.reduce(0) { $0 + $1.partition.count + $1.keyBytes.count + $1.value.count }
                }
            },
            Body(name: "store, scan by copied records", operations: count) { _ in
                try await readAll(of: store) { page in
                    page.reduce(0) { sum, row in
                        let entry = row.entry
                        return sum + entry.key.partition.count + entry.key.bytes.count + entry.value.count
                    }
                }
            },
        ],
        repeats: bench.repeats
    )
    results.add("scan of all by pages, a record", series, .scan, .shareAtLeast(0.75))
    results.figures += [
        Figure("scan of all by records, each looked at in its page", series[2], against: series[0], .shareAtLeast(0.6)),
        Figure("scan of all by records, each copied out of its page", series[3], against: series[0], .none),
    ]
    await store.close()
}

/// Reads a store in order, page by page; the sum over the pages.
func readAll(of store: any KeyValueStore, _ bytes: (ScanPage) -> Int) async throws -> Int {
    var total = 0
    var cursor: Cursor?
    repeat {
        let page = try await store.scan(.all(), ScanOptions(), after: cursor)
        total += bytes(page)
        cursor = page.cursor
    } while cursor != nil
    return total
}
