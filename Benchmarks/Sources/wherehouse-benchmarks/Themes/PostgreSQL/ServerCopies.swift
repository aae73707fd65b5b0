import Foundation
import KeyValue
import Migration
import PostgreSQLStore

/// Everything into a server, out of it, and from one database to another.
struct ServerCopies {
    let bench: Workbench
    let server: DatabaseServer
    /// With all records.
    let store: any KeyValueStore
    let direct: DirectServerTable

    private var count: Int { bench.data.keys.count }

    func measure(_ results: inout Results) async throws {
        try await measureIn(&results)
        try await measureOut(&results)
        try await measureFromSQLite(&results)
        try await measureBetween(&results)
    }

    private func openTarget() async throws -> any KeyValueStore {
        try await PostgreSQLStore.open(["host": server.directory.path(), "user": "postgres", "dbname": "target"])
    }

    /// Empties what is written to, and lets the server write out what it has to, outside of the time taken.
    private func empty() throws {
        try server.psql("TRUNCATE wherehouse.entries", "target")
        try server.psql("TRUNCATE entries", "direct")
        try server.psql("CHECKPOINT", "target")
    }

    private func directIn(_ encoded: [UInt8]) -> Body {
        Body(name: "COPY in", operations: count, prepare: empty) { _ in
            try direct.copyIn(encoded)
            return count
        }
    }

    private func storeIn(_ name: String, _ copy: @escaping (any KeyValueStore) async throws -> Int) -> Body {
        Body(name: name, operations: count, prepare: empty) { _ in
            let target = try await openTarget()
            let written = try await copy(target)
            await target.close()
            return written
        }
    }

    private func measureIn(_ results: inout Results) async throws {
        let encoded = DirectServerTable.encoded(bench.data)
        let ready = (0..<count).map { Row(key: bench.data.keys[$0], value: bench.data.value($0)) }
        let series = try await interleave(
            [
                directIn(encoded),
                storeIn("store, copy in") { target in
                    var rows = ReadyRows(rows: ready)
                    return try await Copier(to: target).copy(&rows).written
                },
            ],
            repeats: bench.repeats
        )
        results.figures.append(
            Figure("PostgreSQL copy in, a record; bound COPY", series[1], against: series[0], .shareAtLeast(0.7))
        )
    }

    /// Reads everything in pages of at most so many bytes; returns how many rows there are.
    private func scan(_ bytesMax: Int) async throws -> Int {
        var total = 0
        var cursor: Cursor?
        repeat {
            let options = ScanOptions(limit: 4_096, bytesMax: bytesMax, includesTombstones: true)
            let page = try await store.scan(.all(), options, after: cursor)
            total += page.count
            cursor = page.cursor
        } while cursor != nil
        return total
    }

    private func measureOut(_ results: inout Results) async throws {
        let ordered = "SELECT p, k, r, v FROM wherehouse.entries ORDER BY s, p, k"
        let source = try DirectServerTable(server.url(of: "source"))
        let series = try await interleave(
            [
                Body(name: "COPY out", operations: count) { _ in try source.copyOut(ordered) },
                Body(name: "store, scan by pages of a copy", operations: count) { _ in try await self.scan(1 << 20) },
                Body(name: "store, scan by largest pages", operations: count) { _ in try await self.scan(4 << 20) },
            ],
            repeats: bench.repeats
        )
        results.figures += [
            Figure("PostgreSQL copy out, a record; bound COPY", series[1], against: series[0], .shareAtLeast(0.7)),
            Figure(
                "PostgreSQL copy out by largest pages; bound COPY",
                series[2],
                against: series[0],
                .shareAtLeast(0.7)
            ),
        ]
    }

    private func measureFromSQLite(_ results: inout Results) async throws {
        let source = try await bench.openFilledStore("postgresql-source.db", count)
        let series = try await interleave(
            [
                directIn(DirectServerTable.encoded(bench.data)),
                storeIn("store, copy from SQLite") { target in
                    try await Copier(to: target).copy(from: source, temporaryDirectory: bench.path("")).written
                },
            ],
            repeats: bench.repeats
        )
        await source.close()
        results.figures.append(
            Figure("SQLite to PostgreSQL, a record; bound COPY", series[1], against: series[0], .shareAtLeast(0.6))
        )
    }

    private func measureBetween(_ results: inout Results) async throws {
        let (from, to) = (server.url(of: "source"), server.url(of: "target"))
        var bodies = [
            storeIn("store, copy between databases") { target in
                try await Copier(to: target).copy(from: store, temporaryDirectory: bench.path("")).written
            },
            Body(name: "pg_dump | psql", operations: count, prepare: empty) { _ in
                let pipe = "pg_dump --data-only --table=wherehouse.entries '\(from)' | psql -Xq '\(to)'"
                try Command.run(["bash", "-o", "pipefail", "-c", pipe])
                return try rowsInTarget()
            },
        ]
        if Command.exists("pgcopydb") { bodies.append(copyByCopydb(from, to)) }
        if Command.exists("pgloader") { bodies.append(try copyByLoader()) }
        let series = try await interleave(bodies, repeats: bench.repeats)
        for other in series.dropFirst() {
            results.figures.append(
                Figure("PostgreSQL to PostgreSQL, a record; bound \(other.name)", series[0], against: other, .none)
            )
        }
    }

    private func copyByCopydb(_ from: String, _ to: String) -> Body {
        let directory = server.directory.appending(path: "pgcopydb").path()
        return Body(name: "pgcopydb", operations: count) {
            try server.psql("DROP DATABASE IF EXISTS target WITH (FORCE)", "postgres")
            try server.psql("CREATE DATABASE target", "postgres")
            try? FileManager.default.removeItem(atPath: directory)
        } run: { _ in
            try Command.run([
                "pgcopydb", "clone", "--source", from, "--target", to, "--dir", directory, "--not-consistent",
            ])
            return try rowsInTarget()
        }
    }

    private func copyByLoader() throws -> Body {
        let file = server.directory.appending(path: "pgloader.load")
        // It has a form of URL of its own for a socket in a folder.
        let host = server.directory.path(percentEncoded: false)
        let folder = host.hasSuffix("/") ? String(host.dropLast()) : host
        let source = "pgsql://postgres@unix:\(folder):5432/source"
        let target = "pgsql://postgres@unix:\(folder):5432/target"
        let text = """
            LOAD DATABASE FROM \(source) INTO \(target) WITH data only, workers = 4, concurrency = 1
            INCLUDING ONLY TABLE NAMES MATCHING ~/^entries$/ IN SCHEMA 'wherehouse';
            """
        try Data(text.utf8).write(to: file)
        return Body(name: "pgloader", operations: count, prepare: empty) { _ in
            try Command.run(["pgloader", "--quiet", file.path()])
            return try rowsInTarget()
        }
    }

    private func rowsInTarget() throws -> Int {
        let said = try server.psql("SELECT count(*) FROM wherehouse.entries", "target")
        return Int(said.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
}

/// Rows that are in memory.
private struct ReadyRows: RowSource {
    let rows: [Row]
    private var next = 0

    init(rows: [Row]) { self.rows = rows }

    mutating func nextPage() async throws(StoreError) -> [Row]? {
        let page = rows[next...].prefix(1_024)
        next = page.endIndex
        return page.isEmpty ? nil : Array(page)
    }
}
