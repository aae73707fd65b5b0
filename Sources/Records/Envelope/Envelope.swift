/// What a record's row holds: the message and what says which message it is.
///
/// Format 1, integers big-endian: a byte 1; the length of the type's name in a byte, and the name; the schema version
/// in 4 bytes; the record's version in 16; the message; the CRC-32C of everything before in 4.
struct Envelope: Hashable, Sendable {
    private static let format: UInt8 = 1

    var type: String
    var schemaVersion: UInt32
    var version: RecordVersion
    var body: [UInt8]

    init(type: String, schemaVersion: UInt32, version: RecordVersion, body: [UInt8]) {
        self.type = type
        self.schemaVersion = schemaVersion
        self.version = version
        self.body = body
    }

    var encoded: [UInt8] {
        var bytes = [Envelope.format, UInt8(truncatingIfNeeded: type.utf8.count)]
        bytes.reserveCapacity(body.count + type.utf8.count + 26)
        bytes += type.utf8
        Envelope.append(schemaVersion, to: &bytes)
        bytes += version.bytes
        bytes += body
        Envelope.append(Checksum.of(bytes), to: &bytes)
        return bytes
    }

    /// The envelope of a row of records of a type. Total on any bytes.
    init(_ bytes: [UInt8], of shape: RecordShape) throws(RecordError) {
        let subject = ["type": shape.name]
        guard bytes.count >= 26 else { throw .damaged("A record's row is too short.", subject) }
        guard bytes[0] == Envelope.format else {
            throw RecordError(
                .newerVersion,
                "The record is of a format that this release does not know: use a newer one.",
                subject
            )
        }
        let content = bytes.dropLast(4)
        guard Checksum.of(content) == Envelope.number(bytes.suffix(4)) else {
            throw .damaged("A record's checksum does not match its bytes.", subject)
        }
        let nameEnd = 2 + Int(bytes[1])
        guard content.count >= nameEnd + 20, content[2..<nameEnd].elementsEqual(shape.name.utf8),
            let version = RecordVersion(bytes: Array(content[nameEnd + 4..<nameEnd + 20]))
        else { throw .damaged("A record's row is of another type than its key.", subject) }
        let schemaVersion = Envelope.number(content[nameEnd..<nameEnd + 4])
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
            version: version,
            body: Array(content[(nameEnd + 20)...])
        )
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
