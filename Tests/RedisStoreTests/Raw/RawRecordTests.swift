import KeyValue
import RedisStore
import Testing

@Suite("Records of a raw view")
struct RawRecordTests {
    private static let records: [RedisRawRecord] = [
        RedisRawRecord(.string([])),
        RedisRawRecord(.string([0, 255, 0]), expiresAtMilliseconds: 1_800_000_000_123),
        RedisRawRecord(.list([[2], [1], [], [2]])),
        RedisRawRecord(.set([[], [0], [255], [1, 0]])),
        RedisRawRecord(.sortedSet([[1]: -.infinity, [2]: 0.1, [3]: -0.0, []: .infinity])),
        RedisRawRecord(.hash([[]: [], [0]: [1], [255, 255]: [0, 0]]), expiresAtMilliseconds: 0),
        RedisRawRecord(
            .stream(
                RedisRawStream(
                    entries: [
                        .init(id: .init(milliseconds: 1, sequence: 0), fieldsAndValues: [[1], [2], [1], [3]]),
                        .init(id: .init(milliseconds: 1, sequence: .max), fieldsAndValues: [[], []]),
                    ],
                    lastID: .init(milliseconds: .max, sequence: .max),
                    groups: [[7]: .init(milliseconds: 0, sequence: 0), []: .init(milliseconds: 1, sequence: 0)]
                )
            )
        ),
        RedisRawRecord(.stream(RedisRawStream(entries: [], lastID: .init(milliseconds: 0, sequence: 0)))),
    ]

    @Test("are read back as they were", arguments: records)
    func roundTrip(_ record: RedisRawRecord) throws {
        let read = try RedisRawRecord(decoding: record.encoded())
        #expect(read == record)
        #expect(read.encoded() == record.encoded())
    }

    @Test("have the bytes that the format says")
    func format() {
        let hash = RedisRawRecord(.hash([[0x62]: [0x32], [0x61]: [0x00]]), expiresAtMilliseconds: 256)
        let header: [UInt8] = [0x15, 1, 0x02] + Array("hash".utf8) + [0, 0x16, 1, 0]
        #expect(hash.encoded() == header + [0x01, 0x61, 0, 0x01, 0, 0xFF, 0, 0x01, 0x62, 0, 0x01, 0x32, 0])
    }

    @Test("may be longer than a key")
    func long() throws {
        let record = RedisRawRecord(.string([UInt8](repeating: 0, count: 3 << 20)))
        #expect(try RedisRawRecord(decoding: record.encoded()) == record)
    }

    @Test("are refused when cut short, and in any other order or format")
    func refusals() throws {
        for record in RawRecordTests.records {
            let bytes = record.encoded()
            for length in 0..<bytes.count {
                let cut = Array(bytes[..<length])
                // A list or set that lacks its last elements is one.
                guard let read = try? RedisRawRecord(decoding: cut) else { continue }
                #expect(read.encoded() == cut)
            }
        }
        let unordered: [UInt8] = [0x15, 1, 0x02] + Array("set".utf8) + [0, 0, 0x01, 2, 0, 0x01, 1, 0]
        #expect { try RedisRawRecord(decoding: unordered) } throws: { ($0 as? StoreError)?.code == .corrupted }
        #expect { try RedisRawRecord(decoding: [0x15, 2]) } throws: { ($0 as? StoreError)?.code == .newerFormat }
    }
}
