import KeyValue

/// Filling a new database in the order of the keys.
func measureLoading(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.writtenCount
    let series = try await interleave(
        [
            Body(name: "C API, load in order", operations: count) {
                try bench.remove("loading-direct.db")
            } run: { _ in
                let table = try DirectTable(bench.path("loading-direct.db"))
                try bench.fill(table, count)
                return count
            },
            Body(name: "store, load in order", operations: count) {
                try bench.remove("loading.db")
            } run: { _ in
                let store = try await bench.openStore("loading.db")
                try await bench.fill(store, count)
                await store.close()
                return count
            },
        ],
        repeats: bench.repeats
    )
    results.add("load in order, a record", series, .load, .shareAtLeast(0.75))
}
