import KeyValue
import Migration

/// Comparing a store in SQLite with one in PostgreSQL, beside a COPY of all rows out of the server.
func measureServerVerification(_ bench: Workbench, _ results: inout Results) async throws {
    results = try await withServer(bench, results) { server, store, _, results in
        let count = bench.data.keys.count
        let local = try await bench.openFilledStore("verified-3.db", count)
        let source = try DirectServerTable(server.url(of: "source"))
        let series = try await interleave(
            [
                Body(name: "COPY out", operations: count) { _ in
                    try source.copyOut("SELECT p, k, r, v FROM wherehouse.entries ORDER BY s, p, k")
                },
                Body(name: "store, verify SQLite with PostgreSQL", operations: count) { _ in
                    let report = try await Verifier(temporaryDirectory: bench.path("")).verify(local, against: store)
                    return report.isEqual ? report.source.records : 0
                },
            ],
            repeats: bench.repeats
        )
        await local.close()
        results.figures.append(
            Figure(
                "comparison of SQLite and PostgreSQL, a record; bound COPY out",
                series[1],
                against: series[0],
                .rateAtLeast(1e6)
            )
        )
    }
}
