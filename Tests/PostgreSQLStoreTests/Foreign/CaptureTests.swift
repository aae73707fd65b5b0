#if PostgreSQL
import KeyValue
import TestServers
import TestSupport
import Testing
import Tuples

@testable import PostgreSQLStore

/// A database that another program writes, and a view of it that captures.
struct ForeignDatabase {
    let server: PostgreSQLServer
    let url: String
    let database: String

    init(_ statements: String...) async throws {
        server = try await PostgreSQLServer.shared()
        url = try await server.makeDatabase()
        database = try #require(try StoreLocation(url).path.split(separator: "/").last.map { String($0) })
        for statement in statements { try run(statement) }
    }

    @discardableResult
    func run(_ sql: String) throws -> String { try server.psql(sql, database: database) }

    func connect() throws -> PostgreSQLConnection {
        try PostgreSQLStore.connect(
            try DatabaseURL(try StoreLocation(url)).parameters,
            configuration: PostgreSQLConfiguration(),
            environment: .live
        )
    }

    func view(_ options: PostgreSQLRawOptions = PostgreSQLRawOptions()) async throws -> PostgreSQLForeignStore {
        try await PostgreSQLForeignStore.open(try connect(), options, environment: .live)
    }

    /// Everything that capture or its removal could leave in the catalogue.
    func traces() throws -> String {
        try run(
            """
            SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL \
            SELECT nspname FROM pg_namespace WHERE nspname LIKE 'wherehouse%' UNION ALL \
            SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
            """
        )
    }
}

extension PostgreSQLForeignStore {
    /// The first elements of the keys that are marked now, which are then cleared.
    fileprivate func takeMarks() async throws -> [TupleElement] {
        var found: [TupleElement] = []
        var cursor: Cursor?
        repeat {
            let page = try await marks(in: PostgreSQLForeignStore.bin, limit: 3, after: cursor)
            for key in page.marks.flatMap(\.keys) { found.append(try Tuple(decoding: key.bytes).element(at: 0)) }
            try await clearMarks(page.marks.map(\.id), in: PostgreSQLForeignStore.bin)
            cursor = page.cursor
        } while cursor != nil
        return found
    }
}

@Suite("Capture by triggers")
struct CaptureTests {
    @Test("marks every change of a row, by whatever statement, and nothing that was undone")
    func changes() async throws {
        let foreign = try await ForeignDatabase(
            "CREATE TABLE t (k bigint PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'a')",
            "CREATE TABLE child (k bigint PRIMARY KEY, of bigint REFERENCES t ON DELETE CASCADE)",
            "INSERT INTO child VALUES (100, 3)"
        )
        let view = try await foreign.view()
        await #expect { try await view.takeMarks() } throws: { ($0 as? StoreError)?.code == .unavailable }
        try await view.installCapture()
        #expect(try await view.captureReport().isInstalled)
        #expect(try await view.takeMarks() == [])
        try foreign.run("INSERT INTO t VALUES (4, 'a'), (5, 'a')")
        try foreign.run("UPDATE t SET v = 'b' WHERE k = 1")
        #expect(try await view.takeMarks() == [4, 5, 1])
        try foreign.run("UPDATE t SET k = 20 WHERE k = 2")
        #expect(try await view.takeMarks() == [20, 2])
        try foreign.run("BEGIN; UPDATE t SET v = 'c'; ROLLBACK")
        #expect(try await view.takeMarks() == [])
        try foreign.run("DELETE FROM t WHERE k = 3")
        #expect(try await Set(view.takeMarks()) == [3, 100])
        try foreign.run("INSERT INTO t VALUES (4, 'd'), (6, 'd') ON CONFLICT (k) DO UPDATE SET v = 'd'")
        #expect(try await view.takeMarks() == [4, 6])
        try foreign.run("SET session_replication_role = replica; DELETE FROM t WHERE k = 6")
        #expect(try await view.takeMarks() == [6])
        try foreign.run("SET wherehouse.worker = 'yes'; DELETE FROM t WHERE k = 5")
        #expect(try await view.takeMarks() == [])
        try foreign.run("TRUNCATE t CASCADE")
        #expect(try await Set(view.takeMarks()) == [1, 4, 20])
        #expect(throws: (any Error).self) {
            try foreign.run("BEGIN ISOLATION LEVEL REPEATABLE READ; TRUNCATE t CASCADE; COMMIT")
        }
        await view.close()
    }

    @Test("names keys as the view does, whatever they are made of and whatever the writer's settings are")
    func keys() async throws {
        let foreign = try await ForeignDatabase(
            #"CREATE SCHEMA "Odd % ' schema""#,
            #"CREATE TABLE "Odd % ' schema"."a ""b"" ' %s" ("x ""y"" ' %" text, at timestamptz, d date, u uuid, "#
                + #"b bytea, n numeric, yes boolean, PRIMARY KEY (at, "x ""y"" ' %", d, u, b, n, yes))"#
        )
        let view = try await foreign.view(PostgreSQLRawOptions(schema: "Odd % ' schema"))
        try await view.installCapture()
        let row =
            "'é', '2026-01-02 03:04:05.5+02', '1999-12-31', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', '\\x00ff', 1.50, true"
        let table = #""Odd % ' schema"."a ""b"" ' %s""#
        try foreign.run(
            "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; INSERT INTO \(table) (\"x \"\"y\"\" ' %\", "
                + "at, d, u, b, n, yes) VALUES (\(row))"
        )
        let marks = try await view.marks(in: PostgreSQLForeignStore.bin, limit: 9, after: nil).marks
        let page = try await view.scan(.all(), ScanOptions(), after: nil)
        #expect(page.count == 1)
        #expect(marks.flatMap(\.keys) == page.map(\.key))
        #expect(try await view.get(marks.flatMap(\.keys), ReadOptions()).compactMap { $0 }.count == 1)
        try await view.clearMarks(marks.map(\.id), in: PostgreSQLForeignStore.bin)
        // The same number, and another text of it.
        try foreign.run("UPDATE \(table) SET n = 1.500")
        #expect(try await view.marks(in: PostgreSQLForeignStore.bin, limit: 9, after: nil).marks.count == 2)
        try foreign.run("TRUNCATE \(table)")
        #expect(try await view.marks(in: PostgreSQLForeignStore.bin, limit: 9, after: nil).marks.count == 3)
        try await view.removeCapture()
        #expect(try foreign.traces().isEmpty)
        await view.close()
    }

    @Test("loses no mark of a transaction that is open while others are listed and cleared")
    func longTransactions() async throws {
        let foreign = try await ForeignDatabase("CREATE TABLE t (k bigint PRIMARY KEY, v text)")
        let view = try await foreign.view()
        try await view.installCapture()
        let connection = try foreign.connect()
        let lease = connection.lease()
        _ = try await connection.read([Query("BEGIN"), Query("INSERT INTO t VALUES (1, 'early')")], on: lease)
        try foreign.run("INSERT INTO t VALUES (2, 'late')")
        #expect(try await view.takeMarks() == [2])
        try foreign.run("INSERT INTO t VALUES (3, 'later')")
        #expect(try await view.takeMarks() == [3])
        _ = try await connection.read([Query("UPDATE t SET v = 'again' WHERE k = 2"), Query("COMMIT")], on: lease)
        #expect(try await view.takeMarks() == [1, 2])
        connection.release(lease)
        await connection.close()
        await view.close()
    }

    @Test("reads what is there now, and tells values apart by their revisions")
    func reading() async throws {
        let foreign = try await ForeignDatabase(
            "CREATE TABLE t (k int PRIMARY KEY, v text)",
            "INSERT INTO t VALUES (1, 'a')"
        )
        let view = try await foreign.view()
        let key = try #require(try await view.scan(.all(), ScanOptions(), after: nil).first).key
        let first = try #require(try await view.get(key))
        #expect(try await view.get(key)?.revision == first.revision)
        try foreign.run("UPDATE t SET v = 'b'")
        let second = try #require(try await view.get(key))
        #expect(try PostgreSQLRawRow(decoding: second.value)["v"] == "b")
        #expect(second.revision != first.revision)
        #expect(try await view.scan(.all(), ScanOptions(), after: nil).first?.revision == second.revision)
        await #expect {
            try await view.write(WriteBatch([.init(.put([]), at: key)]))
        } throws: { ($0 as? StoreError)?.code == .readOnly }
        await view.close()
    }
}

@Suite("Samples of a large table")
struct SampleTests {
    @Test(
        "split it into parts of about as many rows",
        arguments: ["", " PARTITION BY HASH (k)"]
    )
    func samples(partitioning: String) async throws {
        let foreign = try await ForeignDatabase(
            "CREATE TABLE t (k int PRIMARY KEY, v text)\(partitioning)",
            partitioning.isEmpty ? "" : "CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
            partitioning.isEmpty ? "" : "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
            // Some 2,100 blocks, which are more than are drawn.
            "INSERT INTO t SELECT g, repeat('v', 1500) FROM generate_series(1, 10000) g"
        )
        let view = try await foreign.view()
        let partition = Array("public.t".utf8)
        let sample = try await view.sample(of: partition).sorted(by: ByteOrder.precedes)
        #expect((1_000..<5_000).contains(sample.count), "\(sample.count)")
        #expect(Set(sample).count == sample.count)
        let cuts = (1..<4).map { sample[sample.count * $0 / 4] }
        for (lower, upper) in zip([nil] + cuts, cuts + [nil]) as Zip2Sequence<[[UInt8]?], [[UInt8]?]> {
            let count = try await view.count(.partition(partition, from: lower, to: upper)).value
            #expect((1_500...3_500).contains(count), "\(count)")
        }
        #expect(try await view.sample(of: Array("public.absent".utf8)).isEmpty)
        await view.close()
    }

    @Test("are all of a small one")
    func small() async throws {
        let foreign = try await ForeignDatabase(
            "CREATE TABLE t (k uuid PRIMARY KEY); INSERT INTO t SELECT md5(g::text)::uuid FROM generate_series(1, 99) g"
        )
        let view = try await foreign.view()
        let page = try await view.scan(.all(), ScanOptions(), after: nil)
        #expect(try await Set(view.sample(of: Array("public.t".utf8))) == Set(page.map(\.key.bytes)))
        await view.close()
    }
}

@Suite("Refusing foreign writers")
struct ForeignFenceTests {
    @Test("fails every change from then on, also of transactions that began before, and lets them in again")
    func fence() async throws {
        let foreign = try await ForeignDatabase(
            "CREATE TABLE t (k bigint PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')"
        )
        let view = try await foreign.view()
        await #expect {
            try await view.refuseForeignWriters(waitMax: .zero)
        } throws: { ($0 as? StoreError)?.code == .invalidArgument }
        try await view.installCapture()
        let connection = try foreign.connect()
        let early = connection.lease()
        // It has seen the database as it was, and changed nothing yet.
        _ = try await connection.read(
            [Query("BEGIN ISOLATION LEVEL REPEATABLE READ"), Query("SELECT count(*) FROM t")],
            on: early
        )
        try await view.refuseForeignWriters(waitMax: .seconds(30))
        try await view.refuseForeignWriters(waitMax: .zero)
        #expect(try await view.captureReport().isRefusing)
        await #expect {
            try await connection.read([Query("INSERT INTO t VALUES (2, 'a')")], on: early)
        } throws: { ($0 as? StoreError)?.code == .readOnly }
        connection.release(early)
        for sql in [
            "INSERT INTO t VALUES (3, 'a')", "UPDATE t SET v = 'b'", "DELETE FROM t", "TRUNCATE t",
            "SET session_replication_role = replica; DELETE FROM t",
        ] { #expect(throws: (any Error).self, "\(sql)") { try foreign.run(sql) } }
        #expect(try foreign.run("SELECT k, v FROM t") == "1|a\n")
        #expect(try await view.takeMarks() == [])
        try foreign.run("SET wherehouse.worker = 'yes'; UPDATE t SET v = 'way back'")
        try await view.admitForeignWriters()
        try foreign.run("UPDATE t SET v = 'b'")
        #expect(try await view.takeMarks() == [1])
        await connection.close()
        await view.close()
    }

    @Test("waits for what has been begun, and refuses nobody when that takes too long")
    func openTransactions() async throws {
        let foreign = try await ForeignDatabase("CREATE TABLE t (k bigint PRIMARY KEY, v text)")
        let view = try await foreign.view()
        try await view.installCapture()
        let connection = try foreign.connect()
        let lease = connection.lease()
        _ = try await connection.read([Query("BEGIN"), Query("INSERT INTO t VALUES (1, 'a')")], on: lease)
        await #expect {
            try await view.refuseForeignWriters(waitMax: .zero)
        } throws: { ($0 as? StoreError)?.code == .locked }
        try foreign.run("INSERT INTO t VALUES (2, 'a')")
        #expect(try await !view.captureReport().isRefusing)
        async let refusing: Void = view.refuseForeignWriters(waitMax: .seconds(60))
        _ = try await connection.read([Query("INSERT INTO t VALUES (3, 'a')"), Query("COMMIT")], on: lease)
        try await refusing
        #expect(try await Set(view.takeMarks()) == [1, 2, 3])
        connection.release(lease)
        await connection.close()
        await view.close()
    }

    @Test("takes the parts of a partitioned table too, and counts a gap when one came later")
    func partitions() async throws {
        let foreign = try await ForeignDatabase(
            "CREATE TABLE t (k bigint PRIMARY KEY, v text) PARTITION BY RANGE (k)",
            "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10)"
        )
        let view = try await foreign.view()
        try await view.installCapture()
        try foreign.run("INSERT INTO low VALUES (1, 'a'); INSERT INTO t VALUES (2, 'a')")
        #expect(try await view.takeMarks() == [1, 2])
        try foreign.run("TRUNCATE low")
        #expect(try await Set(view.takeMarks()) == [1, 2])
        try foreign.run("CREATE TABLE high PARTITION OF t FOR VALUES FROM (10) TO (20); INSERT INTO t VALUES (11, 'a')")
        #expect(try await view.takeMarks() == [11])
        var report = try await view.captureReport()
        #expect(report.missing == ["public.high"])
        #expect(!report.isInstalled && report.gaps == 0)
        await #expect {
            try await view.refuseForeignWriters(waitMax: .zero)
        } throws: { ($0 as? StoreError)?.code == .invalidArgument }
        let identity = report.identity
        try await view.installCapture()
        report = try await view.captureReport()
        #expect(report.isInstalled && report.gaps == 1 && report.identity == identity)
        try await view.refuseForeignWriters(waitMax: .seconds(30))
        for sql in ["INSERT INTO low VALUES (3, 'a')", "TRUNCATE high", "DELETE FROM t"] {
            #expect(throws: (any Error).self, "\(sql)") { try foreign.run(sql) }
        }
        try await view.removeCapture()
        try foreign.run("DELETE FROM t")
        #expect(try foreign.traces().isEmpty)
        await view.close()
    }
}
#endif
