import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// What is stored, byte for byte. A failure here is a change of the format.
@Suite struct FormatTests {
    private let layout = RecordLayout(namespace: "t")

    private func package() -> Package {
        Package.with {
            $0.owner = "ann"
            $0.name = "Zip"
            $0.summary = "Ab cd"
            $0.tags = ["b", "a", "b"]
            $0.downloads = 7
            $0.digest = "d1"
        }
    }

    private func rows<Message: SwiftProtobuf.Message>(
        _ message: Message,
        _ type: RecordType<Message>
    ) throws -> (Key, Projection) {
        let bytes: [UInt8] = try message.serializedBytes()
        let values = try type.shape.extract(bytes[...])
        let address = try type.shape.address(of: values)
        let projection = try Projection(of: values, at: address, type.shape, layout)
        return (try layout.key(of: address, type.shape), projection)
    }

    @Test func checksumIsThePublishedOne() {
        // The check value of CRC-32C, from the catalogue of parametrised CRC algorithms.
        #expect(Checksum.of(Array("123456789".utf8)) == 0xe306_9283)
    }

    @Test func checksumIsTheSameWithAndWithoutTheInstruction() {
        var generator = SeededGenerator(seed: 1)
        let bytes = (0..<1_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for count in [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 999] {
            // At any address, too.
            for start in 0..<min(9, bytes.count - count) {
                let part = Array(bytes[start..<start + count])
                part.withUnsafeBytes { #expect(Checksum.of($0) == Checksum.byTables($0)) }
            }
        }
    }

    @Test func envelope() throws {
        let type = try Samples.packages()
        let version = RecordVersion(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10)
        let envelope = Envelope(type: "package", schemaVersion: 1, version: version, body: [0xaa, 0xbb])
        #expect(
            hexadecimal(envelope.encoded)
                == "01077061636b616765000000010102030405060708090a0b0c0d0e0f10aabb7f6a294a"
        )
        #expect(try Envelope(envelope.encoded, of: type.shape) == envelope)
    }

    /// Whatever the lengths of its parts, an envelope is the parts one after the other, and the checksum of them.
    @Test func envelopesAreTheirPartsInARow() throws {
        var generator = SeededGenerator(seed: 9)
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        for name in ["", "a", "päckchen", String(repeating: "long", count: 6)] {
            for length in [0, 1, 7, 8, 9, 100, 4_096, 70_000] {
                let body = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                let schema = UInt32.random(in: 0...UInt32.max, using: &generator)
                let version = RecordVersion(high: generator.next(), low: generator.next())
                var parts = [1, UInt8(name.utf8.count)] + Array(name.utf8) + bytes(schema)
                parts += version.bytes + body
                parts += bytes(Checksum.of(parts))
                let envelope = Envelope(type: name, schemaVersion: schema, version: version, body: body[...])
                #expect(envelope.encoded == parts)
            }
        }
    }

    @Test func damagedEnvelopesAreRefused() throws {
        let shape = try Samples.packages().shape
        let whole = Envelope(
            type: "package",
            schemaVersion: 1,
            version: RecordVersion(high: 1, low: 2),
            body: Array("body".utf8)[...]
        ).encoded
        for length in 0..<whole.count {
            #expect(throws: RecordError.self) { try Envelope(Array(whole[..<length]), of: shape) }
        }
        for bit in 0..<whole.count * 8 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: RecordError.self) { try Envelope(damaged, of: shape) }
        }
    }

    @Test func newerAndForeignEnvelopesAreNamed() throws {
        let shape = try Samples.packages().shape
        let version = RecordVersion(high: 1, low: 2)
        let newer = Envelope(type: "package", schemaVersion: 2, version: version, body: [])
        #expect { try Envelope(newer.encoded, of: shape) } throws: {
            ($0 as? RecordError)?.code == .newerVersion && ($0 as? RecordError)?.metadata["version"] == "2"
        }
        let foreign = Envelope(type: "upload", schemaVersion: 1, version: version, body: [])
        #expect { try Envelope(foreign.encoded, of: shape) } throws: { ($0 as? RecordError)?.code == .corrupted }
    }

    @Test func localRows() throws {
        let (key, projection) = try rows(package(), try Samples.packages())
        #expect("\(key)" == "\\x02t\\x00\\x02owner\\x00\\x02ann\\x00/\\x14\\x02package\\x00\\x02Zip\\x00")
        let partition = "\\x02t\\x00\\x02owner\\x00\\x02ann\\x00/"
        let end = "\\x05\\x02Zip\\x00\\x00"
        let entries = [
            "by_downloads\\x00\\x15\\x07", "by_folded_name\\x00\\x02zip\\x00", "by_part\\x00\\x02 cd\\x00",
            "by_part\\x00\\x02ab \\x00", "by_part\\x00\\x02b c\\x00", "by_tag\\x00\\x02a\\x00",
            "by_tag\\x00\\x02b\\x00",
            "digest\\x00\\x02d1\\x00",
        ]
        #expect(
            projection.entries.map(\.description).sorted()
                == entries.map { partition + "\\x15\\x01\\x02package/" + $0 + end }.sorted()
        )
        #expect(
            projection.claims.map { "\($0.key) \($0.value)" } == [
                "reservedData:" + partition + "\\x15\\x03\\x02package/digest\\x00\\x02d1\\x00 digest"
            ]
        )
        #expect(
            projection.totals.map { "\($0.key) \($0.value)" }.sorted() == [
                partition + "\\x15\\x02\\x02package/count_by_downloads\\x00\\x15\\x07 1",
                partition + "\\x15\\x02\\x02package/downloads\\x00 7",
            ]
        )
    }

    @Test func globalRows() throws {
        let upload = Upload.with {
            $0.space = "s"
            $0.root = Data([1, 0, 2])
            $0.insertedAtMicroseconds = 1_500_000
        }
        let (key, projection) = try rows(upload, try Samples.uploads())
        let primaryKey = "\\x02s\\x00\\x01\\x01\\x00\\xFF\\x02\\x00"
        #expect("\(key)" == "\\x02t\\x00\\x02upload\\x00\\x15\\x07/\\x14\\x02upload\\x00" + primaryKey)
        let end = "\\x01\\x02t\\x00\\xFF\\x02upload\\x00\\xFF\\x15\\x07\\x00\\x05" + primaryKey + "\\x00"
        let moment = "@\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x1D\\xCDe\\x00"
        let name = "\\x02upload/"
        #expect(
            projection.entries.map(\.description).sorted() == [
                "\\x02t\\x00\\x15\\x01\(name)by_time\\x00\\x14/\\x15\\x01\(name)by_time\\x00\\x02s\\x00\(moment)\(end)",
                "\\x02t\\x00\\x15\\x01\(name)root\\x00\\x15\\x02/\\x15\\x01\(name)root\\x00\\x01\\x01\\x00\\xFF\\x02\\x00\(end)",
            ]
        )
        #expect(
            projection.claims.keys.map(\.description) == [
                "reservedData:\\x02t\\x00\\x15\\x01\(name)root\\x00\\x15\\x01/\\x15\\x03\(name)root\\x00\\x01\\x01\\x00\\xFF\\x02\\x00"
            ]
        )
    }

    @Test func noValueIsNoClaim() throws {
        var message = package()
        message.clearDigest()
        let (_, projection) = try rows(message, try Samples.packages())
        #expect(projection.claims.isEmpty)
        #expect(projection.entries.contains { "\($0)".contains("digest\\x00O") })
    }
}

/// Declarations that can't work are refused with the name of what is wrong.
@Suite struct DeclarationTests {
    private func refusal(_ index: Index) -> RecordError? {
        do throws(RecordError) {
            _ = try RecordType<Package>(
                "package",
                fields: [
                    .one("name", .string) { .string($0.name) }, .many("tags", .string) { $0.tags.map { .string($0) } },
                    .one("downloads", .integer) { .integer($0.downloads) },
                ],
                partitionedBy: .fields(["name"], group: "name"),
                primaryKey: ["name"],
                indexes: [index]
            )
            return nil
        } catch {
            return error
        }
    }

    @Test func indexes() {
        #expect(refusal(Index("i", on: [.field("name")])) == nil)
        #expect(refusal(Index("i", on: [.field("nam")]))?.code == .unknownField)
        #expect(refusal(Index("i", on: [.field("nam")]))?.metadata["field"] == "nam")
        for index in [
            Index("i", on: []), Index("I", on: [.field("name")]), Index("i", on: [.field("tags")]),
            Index("i", on: [.each("name")]), Index("i", on: [.each("tags"), .each("tags")]),
            Index("i", on: [.trigrams("downloads")]), Index("i", .unique, on: [.trigrams("name")]),
            Index("i", .sum(of: "name"), on: []), Index("i", .count, on: [.trigrams("name")]),
            Index("i", .count, on: [], scope: .global(shards: 257)),
            Index("i", on: [.field("name")], scope: .global(shards: 0)),
        ] {
            #expect(refusal(index)?.code == .invalidDeclaration, "\(index)")
        }
        for index in [Index("i", .count, on: []), Index("i", .count, on: [.each("tags")])] {
            #expect(refusal(index) == nil)
        }
    }

    @Test func valuesOfAnotherKindAreNamed() throws {
        let type = try RecordType<Package>(
            "package",
            fields: [.one("name", .integer) { .string($0.name) }],
            partitionedBy: .fields(["name"], group: "name"),
            primaryKey: ["name"]
        )
        #expect { try type.shape.extract([]) } throws: {
            ($0 as? RecordError)?.code == .wrongKind && ($0 as? RecordError)?.metadata["field"] == "name"
        }
    }
}
