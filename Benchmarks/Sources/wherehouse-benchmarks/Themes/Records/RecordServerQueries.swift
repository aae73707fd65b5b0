import Foundation
import KeyValue
import PostgreSQLStore
import Records

/// The same pages out of a store in PostgreSQL, beside SQL with an equal index through libpq.
func measureRecordServerQueries(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let server = try DatabaseServer()
    do {
        for database in ["records", "direct"] { try server.psql("CREATE DATABASE \(database)", "postgres") }
        let parameters = ["host": server.directory.path(), "user": "postgres", "dbname": "records"]
        let store = try await PostgreSQLStore.open(parameters)
        try await UploadRecords.fill(store, count, RecordQueries.indexes)
        let direct = try DirectServerUploads(server.url(of: "direct"))
        try direct.fill(count)
        for database in ["records", "direct"] { try server.psql("VACUUM ANALYZE", database) }
        let queries = try await RecordQueries(store, count)
        let pages = try await interleave(
            [
                Body(name: "libpq, page", operations: RecordQueries.count) { round in
                    try queries.owners(round).reduce(0) { try $0 + direct.newest(of: $1) }
                },
                try await queries.calls(),
                try queries.pages("records, page"),
            ],
            repeats: bench.repeats
        )
        let filtered = try await interleave(
            [
                Body(name: "libpq, filtered page", operations: RecordQueries.count) { round in
                    try queries.owners(round).reduce(0) { try $0 + direct.newest(of: $1, onlyLarge: true) }
                },
                try queries.pages("records, filtered page", onlyLarge: true),
            ],
            repeats: bench.repeats
        )
        let totals = try await interleave([queries.totals()], repeats: bench.repeats)
        let page = "PostgreSQL page of 50 out of \(count)"
        results.figures += [
            Figure("\(page), in an index's order; bound its scan and get", pages[2], against: pages[1], .none),
            Figure("\(page), in an index's order; bound SQL", pages[2], against: pages[0], .ratioAtMost(3)),
            Figure("\(page), filtered beside the index; bound SQL", filtered[1], against: filtered[0], .ratioAtMost(3)),
            Figure("PostgreSQL total of \(count) records", totals[0], .timeAtMost(1e6)),
        ]
        await store.close()
    } catch {
        try server.stop()
        throw error
    }
    try server.stop()
}
