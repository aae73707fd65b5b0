#if PostgreSQL
import KeyValue
import TestServers
import TestSupport
import Testing
import Tuples

@testable import PostgreSQLStore

/// A database, and views of it.
private struct Legacy {
    let server: PostgreSQLServer
    let url: String
    let database: String

    init(_ statements: String...) async throws {
        server = try await PostgreSQLServer.shared()
        url = try await server.makeDatabase()
        database = try #require(try StoreLocation(url).path.split(separator: "/").last.map { String($0) })
        for statement in statements { try run(statement) }
    }

    func run(_ sql: String) throws { _ = try server.psql(sql, database: database) }

    func view(_ options: PostgreSQLRawOptions = PostgreSQLRawOptions()) async throws -> PostgreSQLRawStore {
        let connection = try PostgreSQLStore.connect(
            try DatabaseURL(try StoreLocation(url)).parameters,
            configuration: PostgreSQLConfiguration(),
            environment: .live
        )
        return try await PostgreSQLRawStore.open(connection, options, environment: .live)
    }
}

private func everything(
    in view: PostgreSQLRawStore,
    _ range: KeyRange = .all(),
    limit: Int = 7
) async throws -> [(key: Key, row: PostgreSQLRawRow)] {
    var found: [(key: Key, row: PostgreSQLRawRow)] = []
    var cursor: Cursor?
    repeat {
        let page = try await view.scan(range, ScanOptions(limit: limit), after: cursor)
        for row in page { found.append((row.key, try PostgreSQLRawRow(decoding: Array(row.value)))) }
        cursor = page.cursor
    } while cursor != nil
    return found
}

@Suite("A raw view of tables")
struct RawTableTests {
    @Test("shows values of every kind, and their types")
    func values() async throws {
        let legacy = try await Legacy(
            """
            CREATE TABLE files (id bigint PRIMARY KEY, small smallint, yes boolean, f real, d double precision, \
            n numeric(12, 3), t text, v varchar(20), b bytea, u uuid, j jsonb, a int[], at timestamptz, day date); \
            INSERT INTO files VALUES (-5, 7, true, 0.1, 1e300, 12.5, 'é', '', '\\x00ff', \
            'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', '{"b": 1, "a": [2]}', '{1,2}', '2026-01-02 03:04:05.678901+02', \
            '1999-12-31'); \
            INSERT INTO files (id, at) VALUES (9223372036854775807, 'infinity')
            """
        )
        let view = try await legacy.view()
        let rows = try await everything(in: view)
        try #require(rows.count == 2)
        let row = rows[0].row
        #expect(try rows[0].key == Key(partition: Array("public.files".utf8), bytes: Tuple([-5]).encoded()))
        #expect(row["small"] == 7)
        #expect(row["yes"] == true)
        #expect(row["f"] == .float(0.1))
        #expect(row["d"] == 1e300)
        #expect(row["n"] == "12.500")
        #expect(row["t"] == "é")
        #expect(row["v"] == "")
        #expect(row["b"] == .bytes([0, 255]))
        #expect(try row["u"] == .uuid(TupleUUID(text: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")))
        #expect(row["j"] == #"{"a": [2], "b": 1}"#)
        #expect(row["a"] == "{1,2}")
        #expect(row["at"] == .timestamp(Timestamp(microseconds: 1_767_315_845_678_901)))
        #expect(row["day"] == "1999-12-31")
        #expect(row.columns.map(\.type).contains("character varying(20)"))
        #expect(rows[1].row["at"] == "infinity")
        #expect(rows[1].row["t"] == .null)
        #expect(
            try await view.get(rows.map(\.key) + [Key("public.files", "no key")]).map { $0 != nil } == [
                true, true, false,
            ]
        )
        await view.close()
    }

    @Test(
        "finds every row once by keys of any type",
        arguments: [
            ("integer", "g"), ("text", "'k' || g"), ("text COLLATE \"C\"", "chr(64 + g)"),
            ("uuid", "md5(g::text)::uuid"),
            ("bytea", "decode(md5(g::text), 'hex')"), ("timestamptz", "to_timestamp(g * 1e6 + 0.25)"),
            ("numeric", "g * 7.5"), ("double precision", "g * 7.5"),
            ("date", "date '2000-01-01' + g"),
            ("char(9)", "'k' || g"), ("varchar(9)", "'k' || g"),
        ]
    )
    func keys(type: String, value: String) async throws {
        let legacy = try await Legacy(
            "CREATE TABLE t (k \(type), l text, n int, PRIMARY KEY (l, k)); "
                + "INSERT INTO t SELECT \(value), 'part ' || g % 3, g FROM generate_series(1, 50) g"
        )
        let view = try await legacy.view()
        let rows = try await everything(in: view)
        #expect(Set(rows.map(\.key)).count == 50)
        #expect(Set(rows.compactMap { $0.row["n"] }) == Set((1...50).map { .integer($0) }))
        let entries = try await view.get(rows.map(\.key))
        #expect(try entries.map { try $0.map { try PostgreSQLRawRow(decoding: $0.value) } } == rows.map(\.row))
        #expect(try await view.count(.all()) == Measurement(50, .exact))
        await view.close()
    }

    @Test(
        "reads ranges where the server's order is that of the bytes",
        arguments: [
            ("smallint", "g * 500 - 12000"), ("integer", "g * g * 100000 - 2000000"), ("bigint", "(g - 25) * 1e17"),
            ("uuid", "md5(g::text)::uuid"), ("bytea", "decode(substr(md5(g::text), 1, 2 * (g % 4)), 'hex')"),
            ("text COLLATE \"C\"", "chr(g * 1000) || chr(g)"),
            ("varchar(3) COLLATE \"C\"", "chr(g * 9) || chr(65 + g)"),
            ("boolean", "g % 2 = 0"),
        ]
    )
    func ranges(type: String, value: String) async throws {
        let legacy = try await Legacy(
            "CREATE TABLE t (k \(type), n int, PRIMARY KEY (k, n)); "
                + "INSERT INTO t SELECT \(value), g * 37 % 101 - 50 FROM generate_series(1, 50) g"
        )
        let view = try await legacy.view()
        #expect(view.capabilities.order == .store)
        let keys = try await everything(in: view).map(\.key)
        #expect(keys.count == 50 && keys == keys.sorted())
        var random = SeededGenerator(seed: 3)
        for number in 0..<12 {
            var bounds: [[UInt8]?] = []
            for _ in 0..<2 {
                let key = keys.randomElement(using: &random)?.bytes ?? []
                bounds.append(key.prefix(Int.random(in: 0...key.count, using: &random)) + random.bytes(number % 3))
            }
            if number == 11 { bounds[1] = nil }
            let range = KeyRange.partition(Array("public.t".utf8), from: bounds[0], to: bounds[1])
            let found = try await everything(in: view, range).map(\.key)
            #expect(found == keys.filter { range.contains($0) }, "\(range)")
            #expect(try await view.count(range).value == found.count)
        }
        let none = KeyRange(extent: .partitions(lower: Array("public.t".utf8) + [0], upper: nil))
        #expect(try await view.count(none).value == 0)
        await view.close()
    }

    @Test("promises no order where the server's is another, and refuses ranges of such a table alone")
    func languages() async throws {
        let legacy = try await Legacy(
            "CREATE TABLE numbers (k bigint PRIMARY KEY); INSERT INTO numbers SELECT generate_series(1, 9)",
            "CREATE TABLE days (k date PRIMARY KEY); INSERT INTO days VALUES ('2026-01-02')"
        )
        let view = try await legacy.view()
        #expect(view.capabilities.order == .none)
        await #expect {
            try await view.scan(.partition(Array("public.days".utf8), from: [2]), ScanOptions(), after: nil)
        } throws: { ($0 as? StoreError)?.code == .unsupported }
        let upper = KeyRange.partition(Array("public.numbers".utf8), from: try Tuple([5]).encoded())
        #expect(try await view.count(upper).value == 5)
        #expect(try await everything(in: view, upper).count == 5)
        let numbers = try await legacy.view(PostgreSQLRawOptions(table: "numbers"))
        #expect(numbers.capabilities.order == .store)
        let wide = Key(partition: Array("public.numbers".utf8), bytes: try Tuple([.integer(.max)]).encoded())
        #expect(try await numbers.get(wide) == nil)
        for view in [view, numbers] { await view.close() }
    }

    @Test("stays at its moment while others write, and a snapshot takes another")
    func moments() async throws {
        let legacy = try await Legacy("CREATE TABLE t (k int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 20)")
        let view = try await legacy.view()
        let first = try await view.scan(.all(), ScanOptions(limit: 5), after: nil)
        try legacy.run("DELETE FROM t WHERE k > 10; INSERT INTO t SELECT generate_series(100, 200)")
        let rest = try await view.scan(.all(), ScanOptions(), after: first.cursor)
        #expect(first.count + rest.count == 20)
        let snapshot = try await view.snapshot()
        #expect(try await snapshot.scan(.all(), ScanOptions(limit: 1_000, bytesMax: 1 << 20), after: nil).count == 111)
        await snapshot.close()
        #expect(try await view.count(.all()).value == 20)
        await view.close()
        await #expect { try await view.count(.all()) } throws: { ($0 as? StoreError)?.code == .unavailable }
    }

    @Test("takes odd names, and names what it can't show")
    func names() async throws {
        let legacy = try await Legacy(
            #"CREATE SCHEMA "Odd . schema""#,
            #"CREATE TABLE "Odd . schema"."a ""b"" '; --" ("select" int, "x ""y""" text, PRIMARY KEY ("x ""y""", "select"))"#,
            #"INSERT INTO "Odd . schema"."a ""b"" '; --" VALUES (1, 'v'), (2, 'v')"#,
            "CREATE TABLE keyless (v int)",
            "CREATE TABLE nothing (k int PRIMARY KEY)"
        )
        let odd = try await legacy.view(PostgreSQLRawOptions(table: #""Odd . schema"."a ""b"" '; --""#))
        let rows = try await everything(in: odd, limit: 1)
        #expect(rows.map { $0.row[#"x "y""#] } == ["v", "v"])
        let partition = Array(#""Odd . schema"."a ""b"" '; --""#.utf8)
        #expect(try await odd.partitions(in: .records, limit: 9, after: nil).partitions == [partition])
        let schema = try await legacy.view(PostgreSQLRawOptions(schema: "Odd . schema"))
        #expect(try await schema.count(.partition(partition)).value == 2)
        let view = try await legacy.view()
        #expect(try await view.status().warnings == ["Tables without a primary key are not shown: public.keyless"])
        #expect(try await view.partitions(in: .records, limit: 9, after: nil).partitions.isEmpty)
        for (table, code) in [("keyless", StoreError.Code.unsupported), ("absent", .invalidArgument)] {
            await #expect {
                try await legacy.view(PostgreSQLRawOptions(table: table))
            } throws: { ($0 as? StoreError)?.code == code }
        }
        for view in [odd, schema, view] { await view.close() }
    }
}
#endif
