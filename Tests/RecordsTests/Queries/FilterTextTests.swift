import Testing
import Tuples

@testable import Records

/// Filters as people write them.
@Suite struct FilterTextTests {
    private static func type() throws -> RecordType<StoredMessage> {
        let declared: [(String, FieldKind, Bool)] = [
            ("section", .string, false), ("size", .integer, false), ("rate", .double, false), ("tags", .string, true),
            ("made", .timestamp, false), ("id", .uuid, false), ("digest", .bytes, false), ("free", .bool, false),
        ]
        let fields = declared.enumerated().map { number, field in
            RecordTypeDescription.Field(
                name: field.0,
                kind: field.1,
                isMultiValued: field.2,
                number: number + 1
            )
        }
        return try RecordType(
            describedBy: RecordTypeDescription(
                name: "package",
                schemaVersion: 1,
                fields: fields,
                group: "section",
                partitionedBy: ["section"],
                shards: nil,
                primaryKey: ["id"],
                expiry: nil,
                queriesInTransactions: nil,
                indexes: []
            )
        )
    }

    @Test func textsAreFilters() throws {
        let type = try FilterTextTests.type()
        let isNet = Filter.compare("section", .equal, "net")
        let isLarge = Filter.compare("size", .greater, 1_000)
        let isFree = Filter.compare("free", .equal, true)
        let expected: [(String, Filter)] = [
            ("", .everything), ("section = \"net\"", isNet),
            (" section=\"net\"and size>1_000 ", .and([isNet, isLarge])),
            ("section = \"net\" and size > 1000 or free = true", .or([.and([isNet, isLarge]), isFree])),
            ("section = \"net\" and (size > 1000 or free = true)", .and([isNet, .or([isLarge, isFree])])),
            ("not section = \"net\" and not (size > 1000)", .and([.not(isNet), .not(isLarge)])),
            ("size in (-1, 2,3)", .isIn("size", [-1, 2, 3])), ("section begins \"n\"", .hasPrefix("section", "n")),
            ("section contains \"E\"", .contains("section", "E")), ("exists made", .exists("made")),
            ("any tags != \"a\"", .any("tags", .notEqual, "a")), ("all tags <= \"b\"", .all("tags", .lessOrEqual, "b")),
            ("rate >= 0.5e1", .compare("rate", .greaterOrEqual, 5.0)), ("size = null", .compare("size", .equal, .null)),
            ("section < \"a\\\"\\\\\\n\\tö\"", .compare("section", .less, "a\"\\\n\tö")),
            ("digest = 0x00ff", .compare("digest", .equal, .bytes([0, 255]))),
            (
                "id = \"00112233-4455-6677-8899-aabbccddeeff\"",
                .compare("id", .equal, .uuid(try TupleUUID(text: "00112233-4455-6677-8899-aabbccddeeff")))
            ),
            ("made > \"1970-01-02\"", .compare("made", .greater, .timestamp(Timestamp(milliseconds: 86_400_000)))),
        ]
        for (text, filter) in expected { #expect(try type.filter(text) == filter, "\(text)") }
    }

    @Test func whatIsWrongIsNamed() throws {
        let type = try FilterTextTests.type()
        let deep = String(repeating: "(", count: 10_000) + "size = 1" + String(repeating: ")", count: 10_000)
        let negated = String(repeating: "not ", count: 4_000) + "size = 1"
        let many = Array(repeating: "size = 1", count: 600).joined(separator: " or ")
        let expected: [(String, RecordError.Code, String?)] = [
            ("size", .unreadableFilter, nil), ("size =", .wrongKind, "size"), ("size = \"a\"", .wrongKind, "size"),
            ("size = 9223372036854775808", .wrongKind, "size"), ("made = \"2026-02-29\"", .wrongKind, "made"),
            ("colour = 1", .unknownField, "colour"), ("(size = 1", .unreadableFilter, nil),
            ("size = 1 size = 2", .unreadableFilter, nil), ("section = \"net", .unreadableFilter, nil),
            ("section = \"\\x\"", .unreadableFilter, nil), ("size ! 1", .unreadableFilter, nil),
            ("size = 1 ; drop", .unreadableFilter, nil), ("digest = 0x123", .unreadableFilter, nil),
            ("tags = \"a\"", .wrongKind, "tags"), ("any size = 1", .wrongKind, "size"),
            ("size in ()", .wrongKind, "size"), ("and", .unknownField, "and"), (deep, .tooLarge, nil),
            (negated, .tooLarge, nil), (many, .tooLarge, nil), ("ö = 1", .unreadableFilter, nil),
        ]
        for (text, code, field) in expected {
            #expect {
                try type.filter(text)
            } throws: { error in
                let error = error as? RecordError
                return error?.code == code && error?.metadata["field"] == field
            }
        }
        #expect { try type.filter("size = 1 and ?") } throws: { ($0 as? RecordError)?.metadata["position"] == "14" }
        let long = "section = \"" + String(repeating: "a", count: 16_384) + "\""
        #expect { try type.filter(long) } throws: { ($0 as? RecordError)?.code == .tooLarge }
    }

    @Test func momentsAreReadAndWritten() {
        let moments: [(String, Int64, UInt32, String?)] = [
            ("1970-01-01", 0, 0, "1970-01-01T00:00:00Z"), ("2000-02-29T23:59:59Z", 951_868_799, 0, nil),
            ("2026-11-21T14:46:49.5Z", 1_795_272_409, 500_000_000, nil), ("1969-12-31T23:59:59Z", -1, 0, nil),
            ("0000-01-01T00:00:00Z", -62_167_219_200, 0, nil), ("9999-12-31T23:59:59Z", 253_402_300_799, 0, nil),
            ("1600-03-01T00:00:00.000000001Z", -11_670_912_000, 1, nil),
        ]
        for (text, seconds, nanoseconds, written) in moments {
            let moment = Timestamp(text: text)
            #expect(moment?.seconds == seconds && moment?.nanoseconds == nanoseconds, "\(text)")
            #expect(moment?.text == written ?? text)
        }
        for text in [
            "", "2026", "2026-13-01", "2026-04-31", "1900-02-29", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.0000000001Z", "２026-01-01", "2026-1-01", "+026-01-01",
        ] {
            #expect(Timestamp(text: text) == nil, "\(text)")
        }
        for seconds in [Int64.min, .max] {
            #expect(Timestamp(seconds: seconds)?.text.hasSuffix("Z") == true)
        }
    }

    @Test func partitionsAreNamedByTexts() throws {
        let type = try FilterTextTests.type()
        #expect(try type.partition(["net"]) == ["net"])
        for texts in [[], ["a", "b"]] {
            #expect { try type.partition(texts) } throws: { ($0 as? RecordError)?.code == .invalidDeclaration }
        }
    }

    @Test func partsOfTextsAreFoundWhateverTheirCase() {
        let found = [
            ("Pier LANTERN 7", "lanTern"), ("a", "A"), ("a", ""), ("", ""), ("ÉTÉ", "té"), ("300 \u{212A}", "k"),
            ("300 k", "\u{212A}"), ("aab", "ab"),
        ]
        for (text, part) in found {
            let values = FieldValues(["a"], [.one(.string(text))])
            #expect(Filter.contains("a", part).holds(of: values), "\(text), \(part)")
        }
        let missed = [("Pier", "pierr"), ("", "a"), ("@", "`"), ("[", "{"), ("été", "ete"), ("a\u{301}", "\u{E1}")]
        for (text, part) in missed {
            let values = FieldValues(["a"], [.one(.string(text))])
            #expect(!Filter.contains("a", part).holds(of: values), "\(text), \(part)")
        }
    }
}
