import Foundation
import KeyValue
import PostgreSQLStore

/// Single calls to a store in a durable PostgreSQL of the run's own, over a local socket.
func measureServerCalls(_ bench: Workbench, _ results: inout Results) async throws {
    results = try await withServer(bench, results) { server, store, direct, results in
        try direct.prepare()
        let pooled = try (0..<8).map { _ in
            let table = try DirectServerTable(server.url(of: "direct"))
            try table.prepare()
            return table
        }
        let pool = QueryPool(pooled)
        try await ServerCalls(bench: bench, server: server, store: store, direct: direct, pool: pool).measure(&results)
        pool.end(pooled.count)
    }
}

/// Everything into such a server, and out of it.
func measureServerCopies(_ bench: Workbench, _ results: inout Results) async throws {
    results = try await withServer(bench, results) { server, store, direct, results in
        try await ServerCopies(bench: bench, server: server, store: store, direct: direct).measure(&results)
    }
}

/// A server with a store and a table like it that hold all records, and an empty store beside them.
func withServer(
    _ bench: Workbench,
    _ results: Results,
    _ body: (DatabaseServer, any KeyValueStore, DirectServerTable, inout Results) async throws -> Void
) async throws -> Results {
    var results = results
    let server = try DatabaseServer()
    do {
        for database in ["source", "target", "direct"] { try server.psql("CREATE DATABASE \(database)", "postgres") }
        try server.psql(DirectServerTable.definition, "direct")
        let parameters = ["host": server.directory.path(), "user": "postgres"]
        let store = try await PostgreSQLStore.open(parameters.merging(["dbname": "source"]) { $1 })
        try await PostgreSQLStore.open(parameters.merging(["dbname": "target"]) { $1 }).close()
        try await bench.fill(store, bench.data.keys.count)
        let direct = try DirectServerTable(server.url(of: "direct"))
        try direct.copyIn(DirectServerTable.encoded(bench.data))
        for database in ["source", "direct"] { try server.psql("VACUUM ANALYZE", database) }
        try await body(server, store, direct, &results)
        await store.close()
    } catch {
        try server.stop()
        throw error
    }
    try server.stop()
    return results
}
