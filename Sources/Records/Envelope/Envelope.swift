import KeyValue

/// What a record's row holds: the message and what says which message it is.
///
/// Format 1, integers big-endian: a byte 1; the length of the type's name in a byte, and the name; the schema version
/// in 4 bytes; the record's version in 16; the message; the CRC-32C of everything before in 4.
struct Envelope: Hashable, Sendable {
    private static let format: UInt8 = 1

    var type: String
    var schemaVersion: UInt32
    var version: RecordVersion
    /// A part of the row, where it was read.
    var body: ArraySlice<UInt8>

    init(type: String, schemaVersion: UInt32, version: RecordVersion, body: ArraySlice<UInt8>) {
        self.type = type
        self.schemaVersion = schemaVersion
        self.version = version
        self.body = body
    }

    /// How many bytes there are beside the name and the message.
    private static let overhead = 26

    var encoded: [UInt8] {
        var name = type
        return name.withUTF8 { name in
            body.withUnsafeBytes { body in
                // All in one piece, since a row is made for every write.
                [UInt8](unsafeUninitializedCapacity: body.count + name.count + Envelope.overhead) { bytes, count in
                    let row = UnsafeMutableRawBufferPointer(bytes)
                    row[0] = Envelope.format
                    row[1] = UInt8(truncatingIfNeeded: name.count)
                    UnsafeMutableRawBufferPointer(rebasing: row[2...]).copyMemory(from: UnsafeRawBufferPointer(name))
                    let end = 2 + name.count
                    row.storeBytes(of: schemaVersion.bigEndian, toByteOffset: end, as: UInt32.self)
                    row.storeBytes(of: version.high.bigEndian, toByteOffset: end + 4, as: UInt64.self)
                    row.storeBytes(of: version.low.bigEndian, toByteOffset: end + 12, as: UInt64.self)
                    UnsafeMutableRawBufferPointer(rebasing: row[(end + 20)...]).copyMemory(from: body)
                    let checked = UnsafeRawBufferPointer(rebasing: row[..<(end + 20 + body.count)])
                    row.storeBytes(
                        of: Checksum.of(checked).bigEndian,
                        toByteOffset: checked.count,
                        as: UInt32.self
                    )
                    count = checked.count + 4
                }
            }
        }
    }

    /// The envelope of a row of records of a type. Total on any bytes.
    init(_ bytes: [UInt8], of shape: RecordShape) throws(RecordError) {
        var subject: [String: String] { ["type": shape.name] }
        guard bytes.count >= Envelope.overhead else { throw .damaged("A record's row is too short.", subject) }
        guard bytes[0] == Envelope.format else {
            throw RecordError(
                .newerVersion,
                "The record is of a format that this release does not know: use a newer one.",
                subject
            )
        }
        let end = bytes.count - 4
        let isWhole = bytes.withUnsafeBytes { bytes in
            Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == Envelope.number(bytes, at: end)
        }
        guard isWhole else { throw .damaged("A record's checksum does not match its bytes.", subject) }
        let nameEnd = 2 + Int(bytes[1])
        guard end >= nameEnd + 20, Envelope.isName(shape.name, bytes, 2..<nameEnd) else {
            throw .damaged("A record's row is of another type than its key.", subject)
        }
        let (schemaVersion, high, low) = bytes.withUnsafeBytes { bytes in
            (
                Envelope.number(bytes, at: nameEnd) as UInt32, Envelope.number(bytes, at: nameEnd + 4) as UInt64,
                Envelope.number(bytes, at: nameEnd + 12) as UInt64
            )
        }
        guard schemaVersion <= shape.schemaVersion else {
            throw RecordError(
                .newerVersion,
                "A newer release wrote the record with a newer schema: use that release.",
                subject.merging(["version": "\(schemaVersion)", "known": "\(shape.schemaVersion)"]) { $1 }
            )
        }
        self.init(
            type: shape.name,
            schemaVersion: schemaVersion,
            version: RecordVersion(high: high, low: low),
            body: bytes[(nameEnd + 20)..<end]
        )
    }

    private static func isName(_ name: String, _ bytes: [UInt8], _ part: Range<Int>) -> Bool {
        var name = name
        return name.withUTF8 { name in
            bytes.withUnsafeBytes { bytes in
                ByteOrder.compare(UnsafeRawBufferPointer(rebasing: bytes[part]), UnsafeRawBufferPointer(name)) == 0
            }
        }
    }

    private static func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) -> Number {
        Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
