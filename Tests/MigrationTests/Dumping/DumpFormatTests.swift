import KeyValue
import TestSupport
import Testing

@testable import Migration

/// No byte of a dump can change unseen.
@Suite struct DumpFormatTests {
    private func smallDump() throws -> (bytes: [UInt8], parts: [ArraySlice<UInt8>]) {
        let rows = sorted(randomRows(12, seed: 1))
        return try dumped(blocks: [Array(rows[..<4]), Array(rows[4..<8]), Array(rows[8...])])
    }

    @Test func everyFlippedBitIsSeen() async throws {
        let bytes = try smallDump().bytes
        #expect(await code(ofReading: bytes) == nil)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            let code = await code(ofReading: damaged)
            // The magic makes it no dump, the version one of a newer release.
            let expected: StoreError.Code =
                switch bit / 8 {
                case 0..<8: .invalidArgument
                case 8..<12: code == .newerFormat ? .newerFormat : .corrupted
                default: .corrupted
                }
            #expect(code == expected, "bit \(bit)")
        }
    }

    @Test func everyTruncationIsSeen() async throws {
        let bytes = try smallDump().bytes
        for count in 0..<bytes.count {
            let expected: StoreError.Code = count == 0 ? .invalidArgument : .corrupted
            #expect(await code(ofReading: Array(bytes[..<count])) == expected, "\(count) bytes")
        }
        #expect(await code(ofReading: bytes + [0]) == .corrupted)
        #expect(await code(ofReading: bytes + bytes) == .corrupted)
    }

    @Test func blocksHaveTheirPlaces() async throws {
        let (bytes, parts) = try smallDump()
        #expect(parts.count == 5)
        #expect(parts.flatMap { $0 } == bytes)
        let other = try dumped(blocks: [[Row(key: Key("p", "k"), value: [1])]]).parts
        let wrong: [[ArraySlice<UInt8>]] = [
            [parts[0], parts[2], parts[1], parts[3], parts[4]],
            [parts[0], parts[1], parts[1], parts[2], parts[3], parts[4]],
            [parts[0], parts[2], parts[3], parts[4]],
            [parts[0], parts[1], parts[3], parts[4]],
            [parts[0], parts[1], parts[2], parts[4]],
            [parts[0], parts[4]],
            [parts[0], other[1], parts[2], parts[3], parts[4]],
            [parts[0], parts[1], parts[2], parts[3], other[2]],
        ]
        for parts in wrong { #expect(await code(ofReading: parts.flatMap { $0 }) == .corrupted) }
    }

    @Test func newerVersionsAreNamed() async throws {
        var bytes = try smallDump().bytes
        bytes[8] = 2
        #expect(await code(ofReading: bytes) == .newerFormat)
        bytes[8] = 0
        #expect(await code(ofReading: bytes) == .corrupted)
    }

    @Test func whatIsNoDumpIsNamed() async throws {
        for text in ["", "{\"partition\":\"p\",\"key\":\"k\",\"value\":\"v\"}\n", "x"] {
            #expect(await code(ofReading: Array(text.utf8)) == .invalidArgument)
        }
    }

    /// With checksums that are right, as only a hostile writer makes them.
    private func sealed(_ head: [UInt8], _ stored: [UInt8] = []) throws -> [UInt8] {
        let header = try dumped(blocks: []).parts[0]
        let previous = DumpFormat.check(header.dropLast(16), after: 0)
        var bytes = head + stored
        bytes.append(littleEndian: DumpFormat.check(bytes[...], after: previous))
        return Array(header) + bytes
    }

    private func block(rows: UInt32, rawBytes: UInt32, _ stored: [UInt8]) throws -> [UInt8] {
        var head = [DumpFormat.Kind.rows]
        head.append(littleEndian: UInt64(0))
        head.append(littleEndian: rows)
        head.append(littleEndian: rawBytes)
        head.append(littleEndian: UInt32(stored.count))
        return try sealed(head, stored)
    }

    @Test func announcementsAreNotTrusted() async throws {
        let compression = try Compression()
        let zeros = try compression.compress(Array(repeating: 0, count: 1 << 20), level: 19)
        var raw: [UInt8] = []
        try RowCoding.append(Row(key: Key("p", "k"), value: [1]), to: &raw)
        let stored = try compression.compress(raw, level: 1)
        let count = UInt32(raw.count)
        let endless = try block(rows: 1, rawBytes: count, stored)
        #expect(await code(ofReading: endless) == .corrupted)
        var tombstone = raw
        tombstone[1] = 2
        let bombs = [
            try block(rows: 1, rawBytes: 16, zeros),
            try block(rows: 1, rawBytes: 1 << 20, zeros),
            try block(rows: 1, rawBytes: .max, zeros),
            try block(rows: .max, rawBytes: count, stored),
            try block(rows: 2, rawBytes: count, stored),
            try block(rows: 0, rawBytes: count, stored),
            try block(rows: 1, rawBytes: count + 1, stored),
            try block(rows: 1, rawBytes: count, stored + stored),
            try block(rows: 1, rawBytes: count, []),
            try block(rows: 1, rawBytes: count, try compression.compress(tombstone, level: 1)),
        ]
        for bomb in bombs { #expect(await code(ofReading: bomb) == .corrupted) }
    }

    @Test func rowsThatCannotBeAreRefused() async throws {
        let row = Row(key: Key("p", "k"), value: [1])
        let grave = Row(key: Key("p", "k"), value: [], isTombstone: true)
        #expect(try await code(ofReading: dumped(blocks: [[row], [row]]).bytes) == .corrupted)
        #expect(try await code(ofReading: dumped(blocks: [[row], [row]], isOrdered: false).bytes) == nil)
        #expect(try await code(ofReading: dumped(blocks: [[grave]], includesTombstones: false).bytes) == .corrupted)
        let wrong = [
            Key(partition: [], bytes: [1]), Key(partition: [1], bytes: []),
            Key(partition: [1], bytes: [1], space: .reservedLocal),
        ]
        for key in wrong {
            let bytes = try dumped(blocks: [[Row(key: key, value: [])]]).bytes
            #expect(await code(ofReading: bytes) == .corrupted)
        }
    }

    /// The bytes of `Documentation/dump-format.md`.
    @Test func emptyDumpIsAsDocumented() throws {
        let bytes = try dumped(blocks: []).bytes
        let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let expected = "89574844554d500a01000000070000000100000000000000066d656d6f7279"
        #expect(text.hasPrefix(expected))
        #expect(bytes.count == 88)
    }
}
