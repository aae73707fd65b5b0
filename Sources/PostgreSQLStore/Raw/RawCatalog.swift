#if PostgreSQL
import KeyValue

/// What the server's catalogue tells of tables.
enum RawCatalog {
    /// The tables that the options name, in the order of their partitions, and the names of those without a primary key.
    ///
    /// It leaves the transaction with settings that make the text of values depend on nothing else, and without
    /// policies of rows, so that a table that is not wholly visible is refused rather than shown in part.
    static func tables(
        _ options: PostgreSQLRawOptions,
        _ connection: PostgreSQLConnection,
        _ lease: Lease
    ) async throws(StoreError) -> (tables: [RawTable], keyless: [String]) {
        // Names are looked up before the search path is changed.
        let found = try await connection.read(query(options), on: lease)
        if options.table != nil, found.count == 0 {
            throw .invalidArgument("The database has no such table: write schema.name, quoted as SQL has it.")
        }
        _ = try await connection.read(settings, on: lease)
        var tables: [RawTable] = []
        var keyless: [String] = []
        for row in 0..<found.count {
            guard let name = found.text(row, 0), let number = found.integer(row, 1) else { continue }
            let columns = try columns(try await connection.read(query(columnsOf: number), on: lease))
            if columns.contains(where: { $0.keyPlace != nil }) {
                let isPartitioned = found.integer(row, 2) == 1
                tables.append(RawTable(name: name, number: number, isPartitioned: isPartitioned, columns: columns))
            } else {
                keyless.append(name)
            }
        }
        if options.table != nil, let name = keyless.first {
            throw .unsupported("The table has no primary key, so its rows have no keys: give it one.", ["table": name])
        }
        tables.sort { ByteOrder.precedes($0.partition, $1.partition) }
        return (tables, keyless)
    }

    /// Makes the text of values depend on nothing else, for the rest of the transaction.
    static let settings = Query(
        "SELECT "
            + [
                ("search_path", "pg_catalog"), ("row_security", "off"), ("DateStyle", "ISO, YMD"), ("TimeZone", "UTC"),
                ("IntervalStyle", "postgres"), ("extra_float_digits", "1"), ("bytea_output", "hex"),
                ("lc_monetary", "C"), ("xmloption", "content"), ("idle_in_transaction_session_timeout", "0"),
            ].map { "pg_catalog.set_config('\($0)', '\($1)', true)" }.joined(separator: ", ")
    )

    private static func query(_ options: PostgreSQLRawOptions) -> Query {
        let start = """
            SELECT format('%I.%I', n.nspname, c.relname)::text, c.oid::bigint, c.relkind = 'p' \
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN \
            ('r', 'p') AND
            """
        if let table = options.table {
            return Query(start + " c.oid = to_regclass($1)") { $0.append(table) }
        }
        if let schema = options.schema {
            return Query(start + " NOT c.relispartition AND n.nspname = $1") { $0.append(schema) }
        }
        return Query(start + " NOT c.relispartition AND n.nspname = ANY (current_schemas(false))")
    }

    /// Whether the collation of a column is that of bytes. The database's own, `d`, is told by the database, which says
    /// whose it is from PostgreSQL 15 on; those of `b` sort by code points, all of them.
    private static let collatesBytes = """
        SELECT CASE l.collprovider WHEN 'b' THEN true WHEN 'c' THEN l.collcollate IN ('C', 'POSIX') WHEN 'd' THEN \
        (SELECT CASE COALESCE(to_jsonb(d) ->> 'datlocprovider', 'c') WHEN 'b' THEN true \
        WHEN 'c' THEN d.datcollate IN ('C', 'POSIX') ELSE false END \
        FROM pg_database d WHERE d.datname = current_database()) ELSE false END \
        FROM pg_collation l WHERE l.oid = a.attcollation
        """

    private static func query(columnsOf table: Int64) -> Query {
        Query(
            """
            SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)::text, a.atttypid::bigint, \
            (SELECT p.place FROM unnest(i.indkey::int2[]) WITH ORDINALITY p (number, place) \
            WHERE p.number = a.attnum AND p.place <= i.indnkeyatts) - 1, \
            a.atttypid IN (25, 1043) AND getdatabaseencoding() = 'UTF8' AND (\(collatesBytes)) \
            FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
            WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """
        ) { $0.append(table) }
    }

    private static func columns(_ result: QueryResult) throws(StoreError) -> [RawTable.Column] {
        var columns: [RawTable.Column] = []
        for row in 0..<result.count {
            guard let name = result.text(row, 0), let type = result.text(row, 1), let number = result.integer(row, 2)
            else { throw StoreError(.unsupported, "The server's catalogue can't be read: use PostgreSQL 12 or later.") }
            columns.append(
                RawTable.Column(
                    name: name,
                    type: type,
                    kind: RawKind(typeNumber: number),
                    keyPlace: result.integer(row, 3).map { Int($0) },
                    sortsAsBytes: result.integer(row, 4) == 1
                )
            )
        }
        return columns
    }
}
#endif
