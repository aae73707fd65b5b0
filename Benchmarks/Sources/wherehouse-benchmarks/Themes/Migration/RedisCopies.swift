import Drivers
import Foundation
import KeyValue
import Migration

/// Leaving a Redis, one of another service and one of our own layout, beside SCAN and MGET over one connection.
func measureRedis(_ bench: Workbench, _ results: inout Results) async throws {
    let server = try DirectRedis()
    defer { server.stop() }
    try server.fill(bench.data)
    let raw = RedisCopies(bench: bench, server: server, name: "another service's Redis", options: "?layout=raw")
    try await raw.measure(.rateAtLeast(1e5), &results)
    try server.flush()
    let own = RedisCopies(bench: bench, server: server, name: "a store in Redis", options: "?accept=relaxed")
    let store = try await StoreRegistry.bundled.open(own.url)
    let filled = try await bench.openFilledStore("to-redis.db", bench.data.keys.count)
    _ = try await Copier(to: store).copy(from: filled, temporaryDirectory: bench.path(""))
    await filled.close()
    await store.close()
    try await own.measure(.none, &results)
}

private struct RedisCopies {
    let bench: Workbench
    let server: DirectRedis
    let name: String
    let options: String

    var url: String { server.url + options }
    private var count: Int { bench.data.keys.count }

    func measure(_ copyTarget: Target, _ results: inout Results) async throws {
        let store = try await StoreRegistry.bundled.open(url)
        let path = bench.path("from-redis.db")
        try bench.remove("from-redis.db")
        let copy = try await bench.openStore("from-redis.db")
        _ = try await Copier(to: copy).copy(from: store, temporaryDirectory: bench.path(""))
        let series = try await interleave(
            [
                Body(name: "SCAN and MGET", operations: count) { _ in try server.scan() },
                Body(name: "store, scan", operations: count) { _ in
                    var (rows, cursor) = (0, Cursor?.none)
                    repeat {
                        let page = try await store.scan(.all(), ScanOptions(limit: 1_024), after: cursor)
                        rows += page.count
                        cursor = page.cursor
                    } while cursor != nil
                    return rows
                },
                bench.filling("store, copy to SQLite") { target in
                    try await Copier(to: target).copy(from: store, temporaryDirectory: bench.path("")).written
                },
                Body(name: "store, verify with SQLite", operations: count) { _ in
                    let verifier = Verifier(temporaryDirectory: bench.path(""))
                    let report = try await verifier.verify(store, against: copy)
                    return report.isEqual ? report.source.records : 0
                },
            ],
            repeats: bench.repeats
        )
        await store.close()
        await copy.close()
        let bound = "a record; bound SCAN and MGET"
        results.figures += [
            Figure("scan of \(name), \(bound)", series[1], against: series[0], .none),
            Figure("copy of \(name) to SQLite, \(bound)", series[2], against: series[0], copyTarget),
            Figure("comparison of \(name) with SQLite, \(bound)", series[3], against: series[0], .shareAtLeast(0.8)),
            Figure(
                "comparison of \(name) with SQLite, memory of its process",
                try bench.peak(of: "verify", url, "sqlite:" + path),
                .megabytesAtMost(64)
            ),
        ]
    }
}
