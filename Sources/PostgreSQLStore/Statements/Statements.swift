#if PostgreSQL
import KeyValue

/// The texts of every query on the tables, and the names under which connections keep them prepared.
struct Statements: Sendable {
    /// The tables' schema, quoted.
    let schema: String

    private func query(_ name: String, _ text: String, _ fill: (inout Parameters) -> Void) -> Query {
        Query(text, name: "wherehouse_" + name, fill)
    }

    // MARK: - Reading

    func get(_ key: Key) -> Query {
        query("get", "SELECT 1::bigint, r, v FROM \(schema).entries WHERE s = $1 AND p = $2 AND k = $3") {
            $0.append(Int16(key.space.rawValue))
            $0.append(key.partition)
            $0.append(key.bytes)
        }
    }

    /// The place of each key that has a row, its nonce and its value.
    func get(_ keys: [Key]) -> Query {
        let text = """
            SELECT q.i, t.r, t.v FROM unnest($1::smallint[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS q(s, p, k, i) \
            CROSS JOIN LATERAL (SELECT r, v FROM \(schema).entries e WHERE e.s = q.s AND e.p = q.p AND e.k = q.k \
            LIMIT 1) t
            """
        return query("get_many", text) {
            $0.append(keys.map { Int16($0.space.rawValue) })
            $0.append(keys.map(\.partition))
            $0.append(keys.map(\.bytes))
        }
    }

    /// Rows between two bounds, at most `limit`: partition, key, nonce, the length of the value, -1 for a tombstone,
    /// and the value unless it is left out or longer than `valueBytesMax`.
    func scan(_ bounds: Bounds, limit: Int, valueBytesMax: Int, keysOnly: Bool, reverse: Bool) -> Query {
        let direction = reverse ? " DESC" : ""
        let value = keysOnly ? "" : ", CASE WHEN length(v) <= $8 THEN v END"
        let text = """
            SELECT p, k, r, coalesce(length(v), -1)\(value) FROM \(schema).entries WHERE \(Bounds.condition) \
            ORDER BY s\(direction), p\(direction), k\(direction) LIMIT $7
            """
        return query("scan" + (keysOnly ? "_keys" : "") + (reverse ? "_reverse" : ""), text) {
            bounds.append(to: &$0)
            $0.append(Int64(limit))
            if !keysOnly { $0.append(Int64(valueBytesMax)) }
        }
    }

    /// The first partitions after one, a look-up each.
    func partitions(in space: KeySpace, after partition: [UInt8], limit: Int) -> Query {
        let text = """
            WITH RECURSIVE found(p, n) AS (\
            (SELECT p, 1::bigint FROM \(schema).entries WHERE s = $1 AND p > $2 ORDER BY s, p LIMIT 1) \
            UNION ALL SELECT (SELECT e.p FROM \(schema).entries e WHERE e.s = $1 AND e.p > found.p \
            ORDER BY e.s, e.p LIMIT 1), n + 1 FROM found WHERE found.p IS NOT NULL AND n < $3) \
            SELECT p FROM found WHERE p IS NOT NULL
            """
        return query("partitions", text) {
            $0.append(Int16(space.rawValue))
            $0.append(partition)
            $0.append(Int64(limit))
        }
    }

    /// Rows, records, the bytes of both, and the last key of a piece that is full.
    func measure(_ bounds: Bounds, limit: Int) -> Query {
        let text = """
            WITH piece AS MATERIALIZED (SELECT p, k, length(k) AS key_bytes, length(v) AS value_bytes \
            FROM \(schema).entries WHERE \(Bounds.condition) ORDER BY s, p, k LIMIT $7) \
            SELECT count(*), count(value_bytes), coalesce(sum(key_bytes + coalesce(value_bytes, 0)), 0)::bigint, \
            coalesce(sum(key_bytes) FILTER (WHERE value_bytes IS NULL), 0)::bigint, \
            (SELECT p FROM piece OFFSET $7 - 1 LIMIT 1), (SELECT k FROM piece OFFSET $7 - 1 LIMIT 1) FROM piece
            """
        return query("measure", text) {
            bounds.append(to: &$0)
            $0.append(Int64(limit))
        }
    }

    func marks(after id: [UInt8], limit: Int) -> Query {
        query("marks", "SELECT id, keys FROM \(schema).marks WHERE id > $1 ORDER BY id LIMIT $2") {
            $0.append(id)
            $0.append(Int64(limit))
        }
    }

    func fence() -> Query { query("fence", "SELECT encoded FROM \(schema).fence WHERE bin = 0") { _ in } }

    // MARK: - Writing

    func putFence(_ fence: [UInt8], in place: [UInt8]) -> Query {
        query("put_fence", "UPDATE \(schema).fence SET encoded = $1 WHERE bin = 0 AND encoded = $2") {
            $0.append(fence)
            $0.append(place)
        }
    }

    func clearMarks(_ ids: [[UInt8]]) -> Query {
        query("clear_marks", "DELETE FROM \(schema).marks WHERE id = ANY ($1)") { $0.append(ids) }
    }

    /// Puts one row, over whatever is there or where nothing is, and leaves a mark of it; changes nothing where the fence
    /// or a row stands in the way: what a function would take longer for.
    func put(_ value: [UInt8], at key: Key, nonce: Int64, epoch: [UInt8]?, replaces: Bool, mark: Mark?) -> Query {
        let conflict =
            replaces ? "ON CONFLICT (s, p, k) DO UPDATE SET r = excluded.r, v = excluded.v" : "ON CONFLICT DO NOTHING"
        var text = """
            INSERT INTO \(schema).entries AS t (s, p, k, r, v) SELECT $1, $2, $3, $4, $5 FROM \
            (\(admission("$6"))) admitted \(conflict)
            """
        if mark != nil {
            text = """
                WITH done AS (\(text) RETURNING 1) INSERT INTO \(schema).marks AS m SELECT $7, $8 FROM done \
                ON CONFLICT (id) DO UPDATE SET keys = excluded.keys
                """
        }
        return query((replaces ? "put" : "put_vacant") + (mark == nil ? "" : "_marked"), text) {
            $0.append(Int16(key.space.rawValue))
            $0.append(key.partition)
            $0.append(key.bytes)
            $0.append(nonce)
            $0.append(value)
            $0.append(epoch)
            if let mark {
                $0.append(mark.encodedID)
                $0.append(mark.encodedKeys)
            }
        }
    }

    /// A row if the fence admits the epoch in this parameter, by the rule of `Fence/admit(epoch:)`; it is held.
    private func admission(_ epoch: String) -> String {
        """
        SELECT FROM \(schema).fence f WHERE f.bin = 0 AND get_byte(f.encoded, 0) = 1 AND \
        CASE WHEN \(epoch)::bytea IS NULL THEN get_byte(f.encoded, 9) = 0 \
        ELSE get_byte(f.encoded, 9) <= 1 AND substring(f.encoded FROM 2 FOR 8) = \(epoch) END FOR SHARE
        """
    }

    /// Deletes the records among the first rows between two bounds, if the fence lets it: how many there were, how many
    /// went, whether the fence let it, and the last key of a piece that is full.
    func delete(_ bounds: Bounds, limit: Int, epoch: [UInt8]?) -> Query {
        let text = """
            WITH piece AS MATERIALIZED (SELECT s, p, k, v IS NOT NULL AS is_live FROM \(schema).entries \
            WHERE \(Bounds.condition) ORDER BY s, p, k LIMIT $7), \
            admitted AS MATERIALIZED (\(admission("$8"))), \
            gone AS (DELETE FROM \(schema).entries e USING piece, admitted \
            WHERE piece.is_live AND e.s = piece.s AND e.p = piece.p AND e.k = piece.k AND e.v IS NOT NULL RETURNING 1) \
            SELECT (SELECT count(*) FROM piece WHERE is_live), (SELECT count(*) FROM gone), \
            (SELECT count(*) FROM admitted), (SELECT p FROM piece OFFSET $7 - 1 LIMIT 1), (SELECT k FROM piece OFFSET $7 - 1 LIMIT 1)
            """
        return query("delete", text) {
            bounds.append(to: &$0)
            $0.append(Int64(limit))
            $0.append(epoch)
        }
    }

    /// Applies one batch; see ``Schema``.
    func apply(_ fill: (inout Parameters) -> Void) -> Query {
        let text = """
            SELECT i, code, r, v FROM \(schema).apply($1, $2, $3, $4, $5, $6, $7, $8, $9, $10 = 1, $11, $12)
            """
        return query("apply", text, fill)
    }

    /// Tells the fence and holds it, then takes rows: two statements that go together in one transaction.
    var copy: String {
        """
        SELECT encode(encoded, 'hex') FROM \(schema).fence WHERE bin = 0 FOR SHARE; \
        COPY \(schema).entries (s, p, k, r, v) FROM STDIN (FORMAT binary)
        """
    }

    /// Puts many rows; see ``Schema``.
    func load(_ fill: (inout Parameters) -> Void) -> Query {
        query("load", "SELECT i, code, r, v FROM \(schema).load($1, $2, $3, $4, $5, $6, $7 = 1)", fill)
    }
}
#endif
