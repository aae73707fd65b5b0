#if PostgreSQL
import KeyValue

/// The tables of a store inside one schema of a database.
///
/// Format 1. `entries` holds the rows of all spaces, `space` being the raw value of `KeySpace`: partition `p` and key
/// `k`, the batch's nonce `r` as a signed number of the same bits, the value `v`, NULL for a tombstone. `fence` has one
/// row, whose bytes are those of `Fence/encoded`. `marks` holds the bytes of `Mark/encodedID` and `Mark/encodedKeys`.
/// `format` has one row, the number of the format.
struct Schema: Sendable {
    static let format = 1

    /// The schema's name, quoted.
    let name: String

    init(_ name: String) { self.name = "\"" + name.split(separator: "\"").joined(separator: "\"\"") + "\"" }

    /// Makes what is not there. Of two processes that do this at once one waits for the other.
    var creation: [String] {
        [
            "SELECT pg_advisory_xact_lock(\(Schema.creationLock))",
            "CREATE SCHEMA IF NOT EXISTS \(name)",
            "CREATE TABLE IF NOT EXISTS \(name).format (format bigint NOT NULL)",
            """
            CREATE TABLE IF NOT EXISTS \(name).entries (s smallint NOT NULL, p bytea NOT NULL, k bytea NOT NULL, \
            r bigint NOT NULL, v bytea, PRIMARY KEY (s, p, k))
            """,
            // Values rarely shrink, and what a store keeps is often compressed already.
            "ALTER TABLE \(name).entries ALTER COLUMN v SET STORAGE EXTERNAL",
            "CREATE TABLE IF NOT EXISTS \(name).fence (bin smallint PRIMARY KEY, encoded bytea NOT NULL)",
            "CREATE TABLE IF NOT EXISTS \(name).marks (id bytea PRIMARY KEY, keys bytea NOT NULL)",
            applyFunction,
            loadFunction,
            """
            INSERT INTO \(name).fence SELECT 0, '\\x\(Schema.hexadecimal(Fence.open.encoded))'::bytea \
            WHERE NOT EXISTS (SELECT FROM \(name).fence)
            """,
            "INSERT INTO \(name).format SELECT \(Schema.format) WHERE NOT EXISTS (SELECT FROM \(name).format)",
        ]
    }

    /// A number for the lock that creation takes, ours by being written here.
    private static let creationLock: Int64 = 0x7768_6572_6568_6F75

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// PL/pgSQL that leaves with the fence unless it admits epoch `e`: the same rule as `Fence/admit(epoch:)`, over the
    /// bytes of its format 1. The lock lets other batches pass and holds up whoever replaces the fence.
    private var admission: String {
        """
        SELECT f.encoded INTO fence FROM \(name).fence f WHERE f.bin = 0 FOR SHARE;
        IF fence IS NULL OR get_byte(fence, 0) <> 1 OR get_byte(fence, 9) > 1
            OR (e IS NULL AND get_byte(fence, 9) = 1) OR (e IS NOT NULL AND e <> substring(fence FROM 2 FOR 8)) THEN
            RETURN QUERY SELECT 0::bigint, \(AnswerCode.fence.rawValue)::smallint, NULL::bigint, fence;
            RETURN;
        END IF;
        """
    }

    /// Applies one batch whose operations come in the order of their keys, so that no two batches wait for each other.
    ///
    /// Where anything has to be judged, every key is held first: the row if there is one, else by putting one there,
    /// which keeps others from doing so and is taken away again where none is wanted.
    private var applyFunction: String {
        """
        CREATE OR REPLACE FUNCTION \(name).apply(e bytea, ss smallint[], ps bytea[], ks bytea[], acts smallint[],
            vs bytea[], conds smallint[], rs bigint[], id bigint, judges boolean, mark_id bytea, mark_keys bytea)
        RETURNS TABLE (i bigint, code smallint, r bigint, v bytea) LANGUAGE plpgsql AS $body$
        #variable_conflict use_column
        DECLARE
            fence bytea; o record; cur_r bigint; cur_v bytea; is_there boolean; is_live boolean;
            states smallint[] := '{}'; sums bytea[] := '{}'; failures smallint := 0; total numeric; holds boolean;
        BEGIN
            \(admission)
            \(judgement)
            \(changes)
            IF mark_id IS NOT NULL THEN
                INSERT INTO \(name).marks AS m VALUES (mark_id, mark_keys)
                    ON CONFLICT (id) DO UPDATE SET keys = excluded.keys;
            END IF;
        END $body$
        """
    }

    /// PL/pgSQL that holds every key, judges every precondition and sum, and leaves with what does not hold.
    private var judgement: String {
        """
        IF judges THEN
            FOR o IN SELECT * FROM unnest(ss, ps, ks, acts, vs, conds, rs) WITH ORDINALITY
                AS q(s, p, k, a, v, c, r, i)
            LOOP
                LOOP
                    SELECT t.r, t.v INTO cur_r, cur_v FROM \(name).entries t
                        WHERE t.s = o.s AND t.p = o.p AND t.k = o.k FOR UPDATE;
                    is_there := FOUND;
                    EXIT WHEN is_there OR o.c IN (3, 4, 5);
                    INSERT INTO \(name).entries AS t
                        VALUES (o.s, o.p, o.k, id, CASE WHEN o.a IN (0, 3) THEN o.v END) ON CONFLICT DO NOTHING;
                    EXIT WHEN FOUND;
                END LOOP;
                is_live := is_there AND cur_v IS NOT NULL;
                states := array_append(states,
                    (CASE WHEN is_live THEN 2 WHEN is_there THEN 1 ELSE 0 END)::smallint);
                holds := CASE o.c WHEN 0 THEN true WHEN 1 THEN NOT is_live WHEN 2 THEN NOT is_there
                    WHEN 3 THEN is_live WHEN 4 THEN is_there AND cur_r = o.r ELSE false END;
                IF NOT holds THEN
                    failures := 1;
                    RETURN QUERY SELECT o.i, (CASE WHEN NOT is_there THEN \(AnswerCode.vacant.rawValue)
                        WHEN is_live THEN \(AnswerCode.live.rawValue)
                        ELSE \(AnswerCode.tombstone.rawValue) END)::smallint, cur_r, cur_v;
                END IF;
                IF o.a = 3 AND is_live THEN
                    IF length(cur_v) = 8 THEN
                        total := ('x' || encode(cur_v, 'hex'))::bit(64)::bigint::numeric
                            + ('x' || encode(o.v, 'hex'))::bit(64)::bigint;
                    END IF;
                    IF length(cur_v) <> 8 OR total NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
                        failures := 1;
                        RETURN QUERY SELECT o.i, \(AnswerCode.sum.rawValue)::smallint, cur_r, cur_v;
                        sums := array_append(sums, NULL::bytea);
                    ELSE
                        sums := array_append(sums, int8send(total::bigint));
                    END IF;
                ELSE
                    sums := array_append(sums, o.v);
                END IF;
            END LOOP;
            IF failures > 0 THEN
                FOR o IN SELECT * FROM unnest(ss, ps, ks) WITH ORDINALITY AS q(s, p, k, i)
                LOOP
                    IF states[o.i] = 0 THEN
                        DELETE FROM \(name).entries t
                            WHERE t.s = o.s AND t.p = o.p AND t.k = o.k AND t.r = id;
                    END IF;
                END LOOP;
                RETURN;
            END IF;
        END IF;
        """
    }

    /// PL/pgSQL that applies what was judged; all keys are in the order of the batches, so none waits for another's.
    private var changes: String {
        """
        FOR o IN SELECT * FROM unnest(ss, ps, ks, acts, vs) WITH ORDINALITY AS q(s, p, k, a, v, i)
        LOOP
            IF o.a IN (0, 1, 3) THEN
                IF NOT judges THEN
                    INSERT INTO \(name).entries AS t VALUES (o.s, o.p, o.k, id, o.v)
                        ON CONFLICT (s, p, k) DO UPDATE SET r = excluded.r, v = excluded.v;
                ELSIF states[o.i] > 0 THEN
                    UPDATE \(name).entries t SET r = id, v = CASE o.a WHEN 3 THEN sums[o.i] ELSE o.v END
                        WHERE t.s = o.s AND t.p = o.p AND t.k = o.k;
                END IF;
                IF o.a = 3 THEN
                    RETURN QUERY SELECT o.i, \(AnswerCode.added.rawValue)::smallint, NULL::bigint, sums[o.i];
                END IF;
            ELSIF o.a = 2 THEN
                DELETE FROM \(name).entries t WHERE t.s = o.s AND t.p = o.p AND t.k = o.k
                    RETURNING t.v INTO cur_v;
                IF (CASE WHEN judges THEN states[o.i] = 2 ELSE FOUND AND cur_v IS NOT NULL END) THEN
                    RETURN QUERY SELECT o.i, \(AnswerCode.deleted.rawValue)::smallint, NULL::bigint, NULL::bytea;
                END IF;
            ELSIF states[o.i] = 0 THEN
                DELETE FROM \(name).entries t WHERE t.s = o.s AND t.p = o.p AND t.k = o.k;
            END IF;
        END LOOP;
        """
    }

    /// Puts many rows that have nothing to do with each other, all under one epoch, and answers with the place of each
    /// that was put. Rows that are there already stay, if they have to be vacant.
    private var loadFunction: String {
        """
        CREATE OR REPLACE FUNCTION \(name).load(e bytea, ss smallint[], ps bytea[], ks bytea[], vs bytea[],
            ids bigint[], replaces boolean)
        RETURNS TABLE (i bigint, code smallint, r bigint, v bytea) LANGUAGE plpgsql AS $body$
        #variable_conflict use_column
        DECLARE fence bytea;
        BEGIN
            \(admission)
            IF replaces THEN
                INSERT INTO \(name).entries (s, p, k, r, v) SELECT * FROM unnest(ss, ps, ks, ids, vs)
                    ON CONFLICT (s, p, k) DO UPDATE SET r = excluded.r, v = excluded.v;
            ELSE
                RETURN QUERY INSERT INTO \(name).entries AS t (s, p, k, r, v) SELECT * FROM unnest(ss, ps, ks, ids, vs)
                    ON CONFLICT DO NOTHING RETURNING 0::bigint, \(AnswerCode.put.rawValue)::smallint, t.r, NULL::bytea;
            END IF;
        END $body$
        """
    }
}

/// What the functions of the schema say of one operation.
enum AnswerCode: Int64 {
    /// Its precondition failed over no row.
    case vacant = 1
    /// Its precondition failed over a record.
    case live = 2
    /// Its precondition failed over a tombstone.
    case tombstone = 3
    /// The fence does not admit the batch.
    case fence = 4
    /// The record can't be added to.
    case sum = 5
    /// The counter's new value.
    case added = 6
    /// A record was deleted.
    case deleted = 7
    /// The row was put.
    case put = 8
}
#endif
