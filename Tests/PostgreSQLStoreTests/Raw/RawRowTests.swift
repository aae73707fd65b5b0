import KeyValue
import PostgreSQLStore
import Testing
import Tuples

@Suite("Rows of a raw view")
struct RawRowTests {
    private static let row = PostgreSQLRawRow([
        .init(name: "id", type: "bigint", value: 7),
        .init(name: "odd \"name\"", type: "character varying(20)", value: "text"),
        .init(name: "", type: "bytea", value: .bytes([0, 255])),
        .init(name: "nothing", type: "jsonb", value: nil),
        .init(name: "at", type: "timestamp with time zone", value: .timestamp(Timestamp(microseconds: -1))),
        .init(name: "large", type: "bytea", value: .bytes([UInt8](repeating: 0, count: 2 << 20))),
    ])

    @Test("are read back as they were")
    func roundTrip() throws {
        let bytes = try RawRowTests.row.encoded()
        let read = try PostgreSQLRawRow(decoding: bytes)
        #expect(read == RawRowTests.row)
        #expect(try read.encoded() == bytes)
        #expect(read["id"] == 7)
        #expect(read["absent"] == nil)
    }

    @Test("are refused when they are cut within a column, and in any other format")
    func refusals() throws {
        let bytes = try PostgreSQLRawRow([.init(name: "id", type: "bigint", value: 300)]).encoded()
        for length in 0..<bytes.count where length != 2 {
            #expect(throws: StoreError.self) { try PostgreSQLRawRow(decoding: Array(bytes[..<length])) }
        }
        #expect { try PostgreSQLRawRow(decoding: [0x15, 2]) } throws: { ($0 as? StoreError)?.code == .newerFormat }
        #expect { try PostgreSQLRawRow(decoding: [0x14]) } throws: { ($0 as? StoreError)?.code == .corrupted }
    }
}
