import Foundation
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// What fields hold that are read by their numbers, held against swift-protobuf.
@Suite struct FieldReaderTests {
    private func values(
        _ kind: FieldKind,
        _ encoding: FieldEncoding = .plain,
        isOptional: Bool = false,
        in body: [UInt8]
    ) throws -> [TupleElement] {
        let field = Field<StoredMessage>.one("f", kind, number: 1, as: encoding, isOptional: isOptional)
        return try FieldReader([field], of: "t").values(of: body[...]) { StoredMessage(bytes: body) }["f"]
    }

    @Test func numbersAreThoseOfTheLibrary() throws {
        for number: Int64 in [0, 1, -1, 300, .max, .min] {
            let body: [UInt8] = try Google_Protobuf_Int64Value(number).serializedBytes()
            #expect(try values(.integer, in: body) == [.integer(number)])
        }
        for number: Int32 in [1, -1, .max, .min] {
            let body: [UInt8] = try Google_Protobuf_Int32Value(number).serializedBytes()
            #expect(try values(.integer, in: body) == [.integer(Int64(number))])
        }
        for number: UInt64 in [1, UInt64(Int64.max), .max] {
            let body: [UInt8] = try Google_Protobuf_UInt64Value(number).serializedBytes()
            #expect(try values(.integer, .unsigned, in: body) == [.integer(Int64(clamping: number))])
        }
        for number in [0, 1.5, .infinity] {
            let body: [UInt8] = try Google_Protobuf_DoubleValue(number).serializedBytes()
            #expect(try values(.double, in: body) == [.double(number)])
        }
        let half: [UInt8] = try Google_Protobuf_FloatValue(0.5).serializedBytes()
        #expect(try values(.double, in: half) == [.double(0.5)])
        let yes: [UInt8] = try Google_Protobuf_BoolValue(true).serializedBytes()
        #expect(try values(.bool, in: yes) == [.bool(true)])
    }

    @Test func textsAndBytesAreThoseOfTheLibrary() throws {
        for text in ["", "a", "größer 🙂"] {
            let body: [UInt8] = try Google_Protobuf_StringValue(text).serializedBytes()
            #expect(try values(.string, in: body) == [.string(text)])
            #expect(try values(.bytes, in: body) == [.bytes(Array(text.utf8))])
        }
        let text = "00112233-4455-6677-8899-aabbccddeeff"
        let uuid = try TupleUUID(text: text)
        let asText: [UInt8] = try Google_Protobuf_StringValue(text).serializedBytes()
        let asBytes: [UInt8] = try Google_Protobuf_BytesValue(Data(uuid.bytes)).serializedBytes()
        #expect(try values(.uuid, in: asText) == [.uuid(uuid)])
        #expect(try values(.uuid, in: asBytes) == [.uuid(uuid)])
        #expect(try values(.uuid, in: []) == [.missing])
    }

    /// The numbers are those of the encoding guide of protobuf.dev for zigzag and for `sfixed32` -2.
    @Test func numbersOfOtherEncodingsAreRead() throws {
        #expect(try values(.integer, .zigzag, in: [0x08, 1]) == [-1])
        #expect(try values(.integer, .zigzag, in: [0x08, 2]) == [1])
        #expect(try values(.integer, .zigzag, in: [0x08, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F]) == [.integer(0x7FFF_FFFF)])
        #expect(try values(.integer, in: [0x0D, 0xFE, 0xFF, 0xFF, 0xFF]) == [-2])
        #expect(try values(.integer, .unsigned, in: [0x0D, 0xFE, 0xFF, 0xFF, 0xFF]) == [.integer(0xFFFF_FFFE)])
        #expect(try values(.integer, in: [0x09, 0xFE] + Array(repeating: 0xFF, count: 7)) == [-2])
    }

    @Test func momentsAreReadInEachEncoding() throws {
        let timestamp = Google_Protobuf_Timestamp(seconds: -3, nanos: 5)
        // A message in field 1, as the library would write it.
        let inner: [UInt8] = try timestamp.serializedBytes()
        let body = [0x0A, UInt8(inner.count)] + inner
        #expect(try values(.timestamp, in: body) == [Timestamp(seconds: -3, nanoseconds: 5).map { .timestamp($0) }])
        #expect(try values(.timestamp, in: []) == [.missing])
        let number: [UInt8] = try Google_Protobuf_Int64Value(1_500).serializedBytes()
        #expect(try values(.timestamp, .milliseconds, in: number) == [.timestamp(Timestamp(milliseconds: 1_500))])
        #expect(try values(.timestamp, .microseconds, in: number) == [.timestamp(Timestamp(microseconds: 1_500))])
        #expect(try values(.timestamp, .seconds, in: number) == [.timestamp(Timestamp(milliseconds: 1_500_000))])
        #expect(try values(.timestamp, .seconds, in: []) == [.timestamp(Timestamp(milliseconds: 0))])
        #expect(try values(.timestamp, .seconds, isOptional: true, in: []) == [.missing])
    }

    @Test func repeatedFieldsAreReadPackedOrNot() throws {
        let field = Field<StoredMessage>.many("f", .integer, number: 1)
        let reader = FieldReader([field], of: "t")
        for body: [UInt8] in [[0x08, 1, 0x08, 2, 0x08, 3], [0x0A, 3, 1, 2, 3], [0x0A, 1, 1, 0x08, 2, 0x0A, 1, 3]] {
            #expect(try reader.values(of: body[...]) { StoredMessage(bytes: body) }["f"] == [1, 2, 3])
        }
        // Of what has one value, the last occurrence counts.
        #expect(try values(.integer, in: [0x08, 1, 0x08, 2]) == [2])
    }

    @Test func whatIsNotDeclaredIsPassedOver() throws {
        // Field 2 in each wire type, a group with a group in it among them, around field 1.
        let body: [UInt8] =
            [0x10, 7, 0x11] + Array(repeating: 9, count: 8) + [0x12, 2, 8, 9, 0x13, 0x0B, 0x08, 4, 0x0C, 0x14]
            + [0x08, 42, 0x15, 1, 2, 3, 4]
        #expect(try values(.integer, in: body) == [42])
    }

    @Test func damageIsNamedAndNeverTraps() throws {
        let whole: [UInt8] = try Package.with {
            $0.owner = "ann"
            $0.name = "wherehouse"
            $0.tags = ["a", "b"]
            $0.downloads = -1
        }.serializedBytes()
        let type = try Samples.packages()
        for end in whole.indices {
            let values = try? type.shape.extract(whole[..<end])
            let message = try? Package(serializedBytes: Array(whole[..<end]))
            #expect((values == nil) == (message == nil), "\(end) bytes")
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                _ = try type.shape.extract(bytes[...])
            } catch {
                #expect(error.code == .corrupted)
            }
        }
        #expect(throws: RecordError.self) { try values(.string, in: [0x0A, 1, 0xFF]) }
        #expect { try values(.string, in: [0x08, 1]) } throws: { ($0 as? RecordError)?.metadata["field"] == "f" }
        #expect(throws: RecordError.self) { try values(.integer, in: Array(repeating: 0x13, count: 101)) }
        #expect(throws: RecordError.self) { try values(.integer, in: [0x14]) }
    }
}
