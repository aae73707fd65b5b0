#if PostgreSQL
import KeyValue

/// What capture makes in a database, in SQL. All of it lies in a schema of its own, but for the triggers.
///
/// `facts` has one row: the identity, and how many gaps there were. Each table has a table of marks, named by its number
/// in the server's catalogue, with the columns of its primary key; a function that writes them for a row, and one for
/// TRUNCATE. They run with the rights of whoever installed them, so that the writers need none.
enum CaptureStatements {
    static let schema = "wherehouse_capture"
    /// The names of the triggers.
    static let rowTrigger = "wherehouse_capture"
    static let truncateTrigger = "wherehouse_capture_truncate"
    static let rowFence = "wherehouse_fence"
    static let truncateFence = "wherehouse_fence_truncate"

    /// A session of which this holds is neither captured nor refused.
    private static let condition =
        "WHEN (pg_catalog.current_setting('wherehouse.worker', true) IS DISTINCT FROM 'yes')"

    // MARK: - Installing

    static func foundation(_ identity: MarkID) -> [Query] {
        [
            Query("CREATE SCHEMA IF NOT EXISTS \(schema)"),
            Query(
                """
                CREATE TABLE IF NOT EXISTS \(schema).facts (one boolean PRIMARY KEY DEFAULT true CHECK (one), \
                high bigint NOT NULL, low bigint NOT NULL, gaps bigint NOT NULL DEFAULT 0)
                """
            ),
            Query("INSERT INTO \(schema).facts (high, low) VALUES ($1, $2) ON CONFLICT DO NOTHING") {
                $0.append(Int64(bitPattern: identity.high))
                $0.append(Int64(bitPattern: identity.low))
            },
            function(
                "refuse",
                options: "",
                """
                BEGIN RAISE EXCEPTION 'the records of % are in another store, or are being moved there', \
                TG_RELID::pg_catalog.regclass USING ERRCODE = '25006', HINT = 'Write to that store.'; END
                """
            ),
        ]
    }

    /// Counts that changes may have gone by.
    static let countGap = Query("UPDATE \(schema).facts SET gaps = gaps + 1")

    /// What one table needs, whose parts, itself included, have these names.
    static func capture(_ table: RawTable, parts: [String]) -> [Query] {
        let (marks, places) = (marks(of: table), table.key.indices.map { "k\($0)" })
        let columns = zip(places, table.key).map { "\($0) \($1.type)" }.joined(separator: ", ")
        let list = places.joined(separator: ", ")
        func row(_ name: String) -> String { table.key.map { "\(name).\($0.identifier)" }.joined(separator: ", ") }
        func texts(_ name: String) -> String {
            table.key.map { "\(name).\($0.identifier)::text" }.joined(separator: ", ")
        }
        let keys = table.key.map(\.identifier).joined(separator: ", ")
        var queries = [
            Query(
                "CREATE TABLE IF NOT EXISTS \(marks) (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \(columns))"
            ),
            function(
                "mark_\(table.number)",
                """
                BEGIN
                IF TG_OP <> 'DELETE' THEN INSERT INTO \(marks) (\(list)) VALUES (\(row("NEW"))); END IF;
                IF TG_OP = 'DELETE' THEN INSERT INTO \(marks) (\(list)) VALUES (\(row("OLD")));
                ELSIF TG_OP = 'UPDATE' THEN
                IF ROW(\(texts("OLD"))) IS DISTINCT FROM ROW(\(texts("NEW"))) THEN
                INSERT INTO \(marks) (\(list)) VALUES (\(row("OLD")));
                END IF; END IF;
                RETURN NULL; END
                """
            ),
            // Rows that are there and that this transaction does not see would go unmarked.
            function(
                "truncate_\(table.number)",
                """
                BEGIN
                IF pg_catalog.current_setting('transaction_isolation') NOT LIKE 'read %' THEN
                RAISE EXCEPTION 'TRUNCATE of a table that is captured needs READ COMMITTED'
                USING ERRCODE = '0A000', HINT = 'Use DELETE, or a transaction that is READ COMMITTED.'; END IF;
                EXECUTE pg_catalog.format(\(literal("INSERT INTO \(marks) (\(list)) SELECT \(doubled(keys)) FROM ONLY %s")),
                TG_RELID::pg_catalog.regclass);
                RETURN NULL; END
                """
            ),
            Query(
                """
                CREATE TRIGGER \(rowTrigger) AFTER INSERT OR UPDATE OR DELETE ON \(table.name) FOR EACH ROW \
                \(condition) EXECUTE FUNCTION \(schema).mark_\(table.number)()
                """
            ),
        ]
        for part in parts {
            queries.append(
                Query(
                    """
                    CREATE TRIGGER \(truncateTrigger) BEFORE TRUNCATE ON \(part) FOR EACH STATEMENT \
                    \(condition) EXECUTE FUNCTION \(schema).truncate_\(table.number)()
                    """
                )
            )
            // For whatever applies changes as a replica too.
            for trigger in [rowTrigger, truncateTrigger] {
                queries.append(Query("ALTER TABLE ONLY \(part) ENABLE ALWAYS TRIGGER \(trigger)"))
            }
        }
        return queries
    }

    // MARK: - Refusing

    /// Making a trigger waits for every transaction that has written the table, and whoever writes it later meets the
    /// trigger, whatever his transaction sees of the rest of the database.
    static func fence(_ table: RawTable, parts: [String]) -> [Query] {
        var queries = [
            Query(
                """
                CREATE TRIGGER \(rowFence) AFTER INSERT OR UPDATE OR DELETE ON \(table.name) FOR EACH ROW \
                \(condition) EXECUTE FUNCTION \(schema).refuse()
                """
            )
        ]
        for part in parts {
            queries.append(
                Query(
                    """
                    CREATE TRIGGER \(truncateFence) BEFORE TRUNCATE ON \(part) FOR EACH STATEMENT \
                    \(condition) EXECUTE FUNCTION \(schema).refuse()
                    """
                )
            )
            for trigger in [rowFence, truncateFence] {
                queries.append(Query("ALTER TABLE ONLY \(part) ENABLE ALWAYS TRIGGER \(trigger)"))
            }
        }
        return queries
    }

    static func unfence(_ table: RawTable, parts: [String]) -> [Query] {
        dropping([rowFence], on: [table.name]) + dropping([truncateFence], on: parts)
    }

    // MARK: - Removing

    static func uncapture(_ table: RawTable, parts: [String]) -> [Query] {
        dropping([rowTrigger], on: [table.name]) + dropping([truncateTrigger], on: parts)
    }

    static func removal(_ table: RawTable, parts: [String]) -> [Query] {
        unfence(table, parts: parts) + uncapture(table, parts: parts) + [
            Query("DROP FUNCTION IF EXISTS \(schema).mark_\(table.number)()"),
            Query("DROP FUNCTION IF EXISTS \(schema).truncate_\(table.number)()"),
            Query("DROP TABLE IF EXISTS \(marks(of: table))"),
        ]
    }

    /// Whether some table is captured still.
    static let isUsed = Query(
        """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = '\(schema)' AND c.relname LIKE 'marks\\_%' AND c.relkind = 'r')
        """
    )

    static let dropSchema = Query("DROP SCHEMA IF EXISTS \(schema) CASCADE")

    private static func dropping(_ triggers: [String], on parts: [String]) -> [Query] {
        parts.flatMap { part in triggers.map { Query("DROP TRIGGER IF EXISTS \($0) ON \(part)") } }
    }

    // MARK: - Looking

    static let exists = Query("SELECT to_regclass('\(schema).facts') IS NOT NULL")
    static let facts = Query("SELECT high, low, gaps FROM \(schema).facts")

    /// The table and the parts that it is made of, and which triggers each has that always fire; first the table.
    static func parts(of table: RawTable) -> Query {
        Query(
            """
            SELECT p.name, coalesce((SELECT string_agg(t.tgname::text, ' ') FROM pg_catalog.pg_trigger t \
            WHERE t.tgrelid = p.number AND t.tgenabled = 'A' AND t.tgname LIKE 'wherehouse\\_%'), '') FROM (\
            SELECT format('%I.%I', n.nspname, c.relname)::text AS name, c.oid AS number FROM pg_catalog.pg_class c \
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid OR c.oid IN \
            (SELECT relid FROM pg_catalog.pg_partition_tree($1::oid::regclass))) p ORDER BY p.number <> $1::oid, p.name
            """
        ) { $0.append(table.number) }
    }

    // MARK: - Marks

    static func marks(of table: RawTable) -> String { "\(schema).marks_\(table.number)" }

    /// Marks behind a number: the key as the table's own rows tell it, and the mark's number.
    static func list(_ table: RawTable, after number: Int64, limit: Int) -> Query {
        let keys = table.key.enumerated().map { $1.kind.keyExpression("r.k\($0)") }.joined(separator: ", ")
        return Query("SELECT \(keys), r.id FROM \(marks(of: table)) AS r WHERE r.id > $1 ORDER BY r.id LIMIT \(limit)")
        {
            $0.append(number)
        }
    }

    static func clear(_ numbers: [Int64], of table: RawTable) -> Query {
        Query("DELETE FROM \(marks(of: table)) WHERE id = ANY ($1)") { $0.append(numbers) }
    }

    // MARK: - Text

    private static func function(
        _ name: String,
        options: String = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off ",
        _ body: String
    ) -> Query {
        Query(
            "CREATE OR REPLACE FUNCTION \(schema).\(name)() RETURNS trigger LANGUAGE plpgsql \(options)AS \(literal(body))"
        )
    }

    /// A string as SQL has it, whatever is in it.
    private static func literal(_ text: String) -> String {
        let parts = text.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.joined(separator: "''") + "'"
    }

    /// Text in a format of the server's `format`.
    private static func doubled(_ text: String) -> String {
        text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
    }
}
#endif
